"""The parts of outcome.json other than the lists: job costs and warnings."""
