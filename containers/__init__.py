"""The programs in topx's own images. They read and write files, and make no AWS calls."""
