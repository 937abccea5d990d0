"""Why something was not done: sentences with values, in the languages of the pages.

Tables, logs and messages have the English sentence. A page reads it back and says it in its language, so that tables need no
column for each language, and those of older runs are read, too.
"""
