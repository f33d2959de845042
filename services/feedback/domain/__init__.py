"""The rules of feedback: facts in, decisions out.

Every item ends, with an answer that its giver hears (FB-02, FB-04). Days are calendar days in London.
"""
