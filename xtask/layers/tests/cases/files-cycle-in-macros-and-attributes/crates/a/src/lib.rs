mod hex;
mod key;
