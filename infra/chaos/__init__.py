"""`make chaos`: injects faults at random while mail comes in, then checks that no mail was lost."""
