"""The API's contract: its operations, what each takes and answers, and the OpenAPI document that says so."""
