"""Makes the image builder write Docker's manifest format; ``topx/cloud/image_builder.py`` says why."""

import os

# Into Docker's own store, from which the CDK pushes: "OCI and Docker exporters", Docker manual.
OUTPUT = "type=docker,oci-mediatypes=false"
# Overrides the value for builders with another --output; empty for none.
VARIABLE = "TOPX_IMAGE_OUTPUT"


def outputs() -> list[str] | None:
    """The values of the builder's ``--output``, None if the option is not used."""
    output = os.environ.get(VARIABLE, OUTPUT)
    return [output] if output else None
