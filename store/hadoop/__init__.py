"""What Hadoop is asked and told beside its files: who comes, and how it fares."""
