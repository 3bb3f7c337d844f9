"""`make chaos`: everything that can break, broken at random while mail comes in; then the proof that none was lost."""
