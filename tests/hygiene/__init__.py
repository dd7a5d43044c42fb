"""What no answer may say, no file may keep and no input may break. One module for each promise of the public door."""
