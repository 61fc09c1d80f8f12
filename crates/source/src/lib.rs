//! A directory becomes the inventory: files with kind, role, text and line index.
