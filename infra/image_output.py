"""How the images' builder is told to make Docker's manifests; ``topx/cloud/image_builder.py`` says why it is."""

import os

# Into docker's own store, where the CDK pushes from: "OCI and Docker exporters", Docker's manual.
OUTPUT = "type=docker,oci-mediatypes=false"
# Names another for builders that have another --output; nothing is none.
VARIABLE = "TOPX_IMAGE_OUTPUT"


def outputs() -> list[str] | None:
    """The values of the builder's ``--output``, None where it gets none."""
    output = os.environ.get(VARIABLE, OUTPUT)
    return [output] if output else None
