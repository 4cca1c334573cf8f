"""The pages of ``topx open``: one module each, put together on the server, without a script."""
