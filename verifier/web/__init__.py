"""What the door's pages and API answer: one blueprint, one file, one template folder each."""
