"""What is wrong with a library: found, said in a sentence with what to do, and mended where that needs no guessing."""
