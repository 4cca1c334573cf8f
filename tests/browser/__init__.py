"""Pages as headless Chromium shows them: what a page said, asked for and drew, at a width and in a colour scheme."""
