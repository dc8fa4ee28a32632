"""What the functions behind the API share: requests read, a model asked, faults and answers told."""
