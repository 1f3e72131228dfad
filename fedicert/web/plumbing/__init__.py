"""What every door shares: endpoint, auth, forms, paging, problems, limits, templates."""
