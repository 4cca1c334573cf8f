"""The functions that the template deploys, one module each; workflow/stages.py says what each may do."""
