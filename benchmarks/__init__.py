"""Speed as ratios: ours beside the floor (what the mathematics alone costs) and beside a peer, in one run."""
