"""Ten thousand charges while everything that can break does, and then the question: is every cent right?"""
