"""The contract's figures, a module for each family of them; each takes a Bench and gives its Figures."""
