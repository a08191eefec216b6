"""What peers read of the same devices and answers, beside what Solera reads of them."""
