"""Privacy: erasing a person everywhere, keeping her erased, and letting go of those who went silent."""
