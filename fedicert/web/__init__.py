"""What answers HTTP: parse, prepare, one operation or one view, render. No rule, no SQL, no write."""
