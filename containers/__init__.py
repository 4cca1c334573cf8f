"""What runs inside topx's own images. Nothing here knows AWS; files in, files out."""
