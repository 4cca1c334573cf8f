"""What a run needs: its input checked, its jobs' requests, instances and disks."""
