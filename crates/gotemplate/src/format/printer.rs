//! Formats one value with the verbs of Go's `fmt` (`fmt/print.go` and `fmt/format.go` of Go 1.26).

use crate::error::Fault;
use crate::format::flags::Flags;
use crate::format::float::format_float;
use crate::format::integer::{Integer, format_integer, format_unicode};
use crate::format::quote::{can_backquote, quote, quote_char};
use crate::unicode::chars;
use crate::value::{List, Text, Val};

/// The maximum nesting depth of printed lists and maps.
const MAX_PRINT_DEPTH: usize = 300;

/// A buffer for printed text with a limit.
pub(crate) struct Printer {
    pub(crate) flags: Flags,
    text: Vec<u8>,
    limit: usize,
    fault: Option<Fault>,
    depth: usize,
}

impl Printer {
    pub(crate) fn new(limit: usize) -> Self {
        Printer { flags: Flags::default(), text: Vec::new(), limit, fault: None, depth: 0 }
    }

    /// Returns the text, or the error that stopped the printing.
    pub(crate) fn finish(self) -> Result<Vec<u8>, Fault> {
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(self.text),
        }
    }

    /// Returns whether printing has failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.fault.is_some()
    }

    fn fail(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        if self.text.len().saturating_add(bytes.len()) > self.limit {
            self.fail(Fault::Limit { what: "bytes of output", limit: self.limit as u64 });
        } else {
            self.text.extend_from_slice(bytes);
        }
    }

    pub(crate) fn write_char(&mut self, c: char) {
        self.write(c.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn fill(&mut self, count: usize, with_zeros: bool) {
        if self.text.len().saturating_add(count) > self.limit {
            self.fail(Fault::Limit { what: "bytes of output", limit: self.limit as u64 });
        } else {
            self.text.resize(self.text.len() + count, if with_zeros { b'0' } else { b' ' });
        }
    }

    /// Writes text padded to the width, with zeros only on the left and only where `zeros` allows.
    fn pad(&mut self, bytes: &[u8], zeros: bool) {
        let missing = self.flags.width.unwrap_or(0).saturating_sub(chars::count(bytes));
        if self.flags.minus {
            self.write(bytes);
            self.fill(missing, false);
        } else {
            self.fill(missing, zeros && self.flags.zero);
            self.write(bytes);
        }
    }

    /// Prints an argument of a print function.
    pub(crate) fn print(&mut self, value: &Val<'_>, verb: char) {
        match (value, verb) {
            (Val::Nil, 'T' | 'v') => self.pad(b"<nil>", true),
            (Val::Nil, _) => self.bad_verb(value, verb),
            (_, 'T') => self.string(value.type_name().as_bytes(), 's', value),
            (Val::NilMap, 'p') => self.nil_pointer(),
            (Val::Map(_) | Val::List(_), 'p') => {
                self.fail(Fault::Unsupported("the address of a map or list (%p)"));
            }
            (_, 'p') | (Val::Map(_) | Val::NilMap | Val::List(_), 'w') => self.bad_verb(value, verb),
            _ => self.value(value, verb),
        }
    }

    fn value(&mut self, value: &Val<'_>, verb: char) {
        match value {
            Val::Nil if self.flags.sharp_v => self.write(b"interface {}(nil)"),
            Val::Nil => self.write(b"<nil>"),
            Val::Bool(flag) if matches!(verb, 't' | 'v') => {
                self.pad(if *flag { b"true" } else { b"false" }, true);
            }
            Val::Bool(_) => self.bad_verb(value, verb),
            Val::Int(number) => self.integer(Integer::from(*number), verb, value),
            Val::Byte(byte) => self.byte(*byte, verb, value),
            Val::Float(number) => self.float(*number, verb, value),
            Val::Text(text) => self.string(text.bytes(), verb, value),
            Val::List(_) | Val::Map(_) | Val::NilMap => self.container(value, verb),
        }
    }

    /// Writes `%!d(string=abc)`, Go's output for a verb that does not match the type.
    fn bad_verb(&mut self, value: &Val<'_>, verb: char) {
        self.write(b"%!");
        self.write_char(verb);
        self.write(b"(");
        if matches!(value, Val::Nil) {
            self.write(b"<nil>");
        } else {
            self.write(value.type_name().as_bytes());
            self.write(b"=");
            self.print(value, 'v');
        }
        self.write(b")");
    }

    fn nil_pointer(&mut self) {
        let flags = self.flags;
        self.flags.sharp = !flags.sharp;
        self.integer_text(Integer::from(0u8), 'x');
        self.flags = flags;
    }

    fn byte(&mut self, byte: u8, verb: char, value: &Val<'_>) {
        if verb == 'v' && self.flags.sharp_v {
            let flags = self.flags;
            self.flags.sharp = true;
            self.integer_text(Integer::from(byte), 'x');
            self.flags = flags;
        } else {
            self.integer(Integer::from(byte), verb, value);
        }
    }

    fn integer(&mut self, number: Integer, verb: char, value: &Val<'_>) {
        match verb {
            'v' | 'd' | 'b' | 'o' | 'O' | 'x' | 'X' => self.integer_text(number, verb),
            'c' => self.pad(number.as_char().encode_utf8(&mut [0; 4]).as_bytes(), true),
            'q' => self.pad(&quote_char(number.as_char(), self.flags.plus), true),
            'U' => self.pad(&format_unicode(number, &self.flags), false),
            _ => self.bad_verb(value, verb),
        }
    }

    fn integer_text(&mut self, number: Integer, verb: char) {
        match format_integer(number, verb, &self.flags) {
            Some(text) => self.pad(&text, false),
            None => self.fill(self.flags.width.unwrap_or(0), false),
        }
    }

    fn float(&mut self, number: f64, verb: char, value: &Val<'_>) {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return self.bad_verb(value, verb);
        }
        let formatted = format_float(number, verb, &self.flags);
        let mut text = Vec::with_capacity(formatted.text.len() + 1);
        text.extend(formatted.sign);
        text.extend_from_slice(&formatted.text);
        let zeros = self.flags.zero && !self.flags.minus && formatted.is_number;
        let missing = self.flags.width.unwrap_or(0).saturating_sub(text.len());
        if let (true, Some(sign)) = (zeros, formatted.sign) {
            // The sign precedes the zeros.
            self.write(&[sign]);
            self.fill(missing, true);
            self.write(&formatted.text);
        } else {
            self.pad(&text, formatted.is_number);
        }
    }

    fn string(&mut self, text: &[u8], verb: char, value: &Val<'_>) {
        let shown = match self.flags.precision {
            Some(most) => chars::truncate(text, most),
            None => text,
        };
        match verb {
            'v' if !self.flags.sharp_v => self.pad(shown, true),
            's' => self.pad(shown, true),
            'v' | 'q' if self.flags.sharp && can_backquote(shown) => {
                let text = [b"`".as_slice(), shown, b"`"].concat();
                self.pad(&text, true);
            }
            'v' | 'q' => self.pad(&quote(shown, self.flags.plus), true),
            'x' | 'X' => self.hex(text, verb),
            _ => self.bad_verb(value, verb),
        }
    }

    /// Writes a string as hexadecimal bytes; the precision counts bytes.
    fn hex(&mut self, text: &[u8], verb: char) {
        let bytes = &text[..text.len().min(self.flags.precision.unwrap_or(usize::MAX))];
        let digits = if verb == 'x' { b"0123456789abcdefx" } else { b"0123456789ABCDEFX" };
        let prefix: &[u8] = if self.flags.sharp { &[b'0', digits[16]] } else { b"" };
        let mut encoded = Vec::with_capacity(bytes.len() * 2);
        for (index, &byte) in bytes.iter().enumerate() {
            if index == 0 {
                encoded.extend_from_slice(prefix);
            } else if self.flags.space {
                encoded.push(b' ');
                encoded.extend_from_slice(prefix);
            }
            encoded.push(digits[usize::from(byte >> 4)]);
            encoded.push(digits[usize::from(byte & 0xf)]);
        }
        self.pad(&encoded, true);
    }

    fn container(&mut self, value: &Val<'_>, verb: char) {
        if self.depth >= MAX_PRINT_DEPTH {
            return self
                .fail(Fault::Limit { what: "nesting of a printed value", limit: MAX_PRINT_DEPTH as u64 });
        }
        self.depth += 1;
        let go_syntax = self.flags.sharp_v;
        if go_syntax {
            self.write(value.type_name().as_bytes());
        }
        match value {
            Val::NilMap if go_syntax => self.write(b"(nil)"),
            _ => {
                let is_list = matches!(value, Val::List(_));
                self.write(match (go_syntax, is_list) {
                    (true, _) => b"{",
                    (false, true) => b"[",
                    (false, false) => b"map[",
                });
                self.elements(value, verb);
                self.write(if go_syntax { b"}" } else { b"]" });
            }
        }
        self.depth -= 1;
    }

    fn elements(&mut self, value: &Val<'_>, verb: char) {
        match value {
            Val::List(list) => self.list_elements(*list, verb),
            Val::Map(map) => {
                for (index, (key, item)) in map.iter().enumerate() {
                    self.separate(index);
                    self.value(&Val::Text(Text::Borrowed(key.as_bytes())), verb);
                    self.write(b":");
                    self.value(&Val::from(item), verb);
                    if self.has_failed() {
                        break;
                    }
                }
            }
            _ => {}
        }
    }

    fn list_elements(&mut self, list: List<'_>, verb: char) {
        for (index, item) in list.iter().enumerate() {
            self.separate(index);
            self.value(&item, verb);
            if self.has_failed() {
                break;
            }
        }
    }

    fn separate(&mut self, index: usize) {
        match (index, self.flags.sharp_v) {
            (0, _) => {}
            (_, true) => self.write(b", "),
            (_, false) => self.write(b" "),
        }
    }
}
