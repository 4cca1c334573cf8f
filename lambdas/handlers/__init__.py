"""The functions that the template deploys, one module each; their permissions are in workflow/stages.py."""
