"""The embedded AWS: an emulator that runs on this machine, described in README.md. Users import only
``local_aws.door``.
"""
