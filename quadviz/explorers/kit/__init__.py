"""What all pages share: the explorer and its page, links, and what is saved. Knows no page."""
