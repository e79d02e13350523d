graph [ ] graph [ ]
