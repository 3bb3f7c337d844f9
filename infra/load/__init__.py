"""`make load`: mail at 80 % of the measured maximum for half an hour; memory, connections and age must not grow."""
