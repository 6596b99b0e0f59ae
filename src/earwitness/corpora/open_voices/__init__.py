"""open-voices: a corpus of real and made speech that anybody can build from package indexes."""
