"""Pages in headless Chromium: their console output, requests and rendering, with a width and a color scheme."""
