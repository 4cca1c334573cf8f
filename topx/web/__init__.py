"""The pages of ``topx open``, one module each, rendered on the server without scripts."""
