"""Who sees what, in every way there is to see it: a world by hand, the rules in plain Python, and the product held to them."""
