//! Format strings: Go's `fmt.Sprintf`, `Sprint` and `Sprintln` (`fmt/print.go` of Go 1.26).

use crate::error::Fault;
use crate::format::flags::Flags;
use crate::format::printer::Printer;
use crate::unicode::chars::decode;
use crate::value::Val;

/// The largest width or precision that Go accepts.
const MOST: i64 = 1_000_000;

/// Formats like `fmt.Sprintf`; a directive that does not match its argument results in `%!...` and not in an error.
pub(crate) fn sprintf(format: &[u8], arguments: &[Val<'_>], limit: usize) -> Result<Vec<u8>, Fault> {
    let mut run = Run {
        format,
        at: 0,
        arguments,
        next: 0,
        reordered: false,
        good_index: true,
        bracket: None,
        out: Printer::new(limit),
    };
    while run.at < format.len() && !run.out.has_failed() {
        let literal = format[run.at..].iter().position(|&byte| byte == b'%').unwrap_or(format.len() - run.at);
        run.out.write(&format[run.at..run.at + literal]);
        run.at += literal + 1;
        if run.at <= format.len() {
            run.directive();
        }
    }
    run.extra_arguments();
    run.out.finish()
}

/// Formats like `fmt.Sprint`: with a space between two operands if neither is a string.
pub(crate) fn sprint(arguments: &[Val<'_>], limit: usize) -> Result<Vec<u8>, Fault> {
    let mut out = Printer::new(limit);
    let mut after_string = true;
    for argument in arguments {
        let is_string = matches!(argument, Val::Text(_));
        if !is_string && !after_string {
            out.write(b" ");
        }
        out.print(argument, 'v');
        after_string = is_string;
        if out.has_failed() {
            break;
        }
    }
    out.finish()
}

/// Formats like `fmt.Sprintln`: with a space between all operands, and a newline.
pub(crate) fn sprintln(arguments: &[Val<'_>], limit: usize) -> Result<Vec<u8>, Fault> {
    let mut out = Printer::new(limit);
    for (index, argument) in arguments.iter().enumerate() {
        if index > 0 {
            out.write(b" ");
        }
        out.print(argument, 'v');
        if out.has_failed() {
            break;
        }
    }
    out.write(b"\n");
    out.finish()
}

/// The state while a format string is processed.
struct Run<'r, 'a> {
    format: &'r [u8],
    at: usize,
    arguments: &'r [Val<'a>],
    /// The argument for the next directive.
    next: usize,
    /// Whether an explicit index has been used, so that unused arguments are not an error.
    reordered: bool,
    good_index: bool,
    /// The position of the next `]`, once it was searched; the end if there is none.
    bracket: Option<usize>,
    out: Printer,
}

impl Run<'_, '_> {
    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Processes one directive, after its `%`.
    fn directive(&mut self) {
        self.good_index = true;
        self.flags();
        let mut after_index = self.argument_index();
        after_index = self.width(after_index);
        if self.peek() == Some(b'.') && self.at + 1 < self.format.len() {
            self.at += 1;
            after_index = self.precision(after_index);
        }
        if !after_index {
            self.argument_index();
        }
        if self.at >= self.format.len() {
            self.out.write(b"%!(NOVERB)");
            return;
        }
        let (verb, length, _) = decode(&self.format[self.at..]);
        self.at += length;
        self.verb(verb);
    }

    fn verb(&mut self, verb: char) {
        if verb == '%' {
            return self.out.write(b"%");
        }
        let argument = match self.arguments.get(self.next) {
            Some(argument) if self.good_index => argument,
            _ => {
                self.out.write(b"%!");
                self.out.write_char(verb);
                return self.out.write(if self.good_index { b"(MISSING)" } else { b"(BADINDEX)" });
            }
        };
        if matches!(verb, 'v' | 'w') {
            self.out.flags.sharp_v = std::mem::take(&mut self.out.flags.sharp);
            self.out.flags.plus = false;
        }
        self.out.print(argument, verb);
        self.next += 1;
    }

    fn flags(&mut self) {
        let mut flags = Flags::default();
        while let Some(byte) = self.peek() {
            match byte {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => break,
            }
            self.at += 1;
        }
        self.out.flags = flags;
    }

    fn width(&mut self, after_index: bool) -> bool {
        if self.accept(b'*') {
            match self.integer_argument() {
                Some(width) => {
                    self.out.flags.width = usize::try_from(width.unsigned_abs()).ok();
                    if width < 0 {
                        self.out.flags.minus = true;
                        self.out.flags.zero = false;
                    }
                }
                None => self.out.write(b"%!(BADWIDTH)"),
            }
            return false;
        }
        self.out.flags.width = self.number();
        if after_index && self.out.flags.width.is_some() {
            self.good_index = false;
        }
        after_index
    }

    fn precision(&mut self, after_index: bool) -> bool {
        if after_index {
            self.good_index = false;
        }
        let after_index = self.argument_index();
        if self.accept(b'*') {
            self.out.flags.precision = self.integer_argument().and_then(|value| usize::try_from(value).ok());
            if self.out.flags.precision.is_none() {
                self.out.write(b"%!(BADPREC)");
            }
            return false;
        }
        self.out.flags.precision = Some(self.number().unwrap_or(0));
        after_index
    }

    /// Parses a decimal number; as in Go, one that is too large consumes the rest of the format.
    fn number(&mut self) -> Option<usize> {
        let start = self.at;
        let (number, end) = parse_number(self.format, start, self.format.len());
        self.at = end;
        number
    }

    /// Returns the next argument as a width or precision.
    fn integer_argument(&mut self) -> Option<i64> {
        let argument = self.arguments.get(self.next)?;
        self.next += 1;
        match argument {
            Val::Int(value) if (-MOST..=MOST).contains(value) => Some(*value),
            Val::Byte(value) => Some(i64::from(*value)),
            _ => None,
        }
    }

    /// Parses an index such as `[3]`, which selects the third argument. Returns whether there was an index, valid or
    /// not.
    fn argument_index(&mut self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let rest = &self.format[self.at..];
        let close = self.closing_bracket() - self.at;
        let Some(close) = Some(close).filter(|&close| close < rest.len() && rest.len() >= 3) else {
            self.at += 1;
            self.good_index = false;
            return false;
        };
        let (number, end) = parse_number(rest, 1, close);
        self.at += close + 1;
        let index = number.filter(|_| end == close);
        match index.and_then(|index| index.checked_sub(1)) {
            Some(index) if index < self.arguments.len() => self.next = index,
            _ => self.good_index = false,
        }
        index.is_some()
    }

    /// Returns the position of the next `]`, or the end. It is searched once, so a format of many `[` takes linear
    /// time.
    fn closing_bracket(&mut self) -> usize {
        match self.bracket {
            Some(place) if place >= self.at => place,
            _ => {
                let found = self.format[self.at..].iter().position(|&byte| byte == b']');
                let place = found.map_or(self.format.len(), |offset| self.at + offset);
                self.bracket = Some(place);
                place
            }
        }
    }

    fn extra_arguments(&mut self) {
        let extra = self.arguments.get(self.next..).unwrap_or_default();
        if self.reordered || extra.is_empty() {
            return;
        }
        self.out.flags = Flags::default();
        self.out.write(b"%!(EXTRA ");
        for (index, argument) in extra.iter().enumerate() {
            if index > 0 {
                self.out.write(b", ");
            }
            if !matches!(argument, Val::Nil) {
                self.out.write(argument.type_name().as_bytes());
                self.out.write(b"=");
            }
            self.out.print(argument, 'v');
        }
        self.out.write(b")");
    }
}

/// Parses digits from `start`; returns the number, if there is one, and its end.
fn parse_number(text: &[u8], start: usize, end: usize) -> (Option<usize>, usize) {
    let mut number = None;
    let mut at = start;
    while at < end && text[at].is_ascii_digit() {
        let value = number.unwrap_or(0usize);
        if i64::try_from(value).is_ok_and(|value| value > MOST) {
            return (None, end);
        }
        number = Some(value * 10 + usize::from(text[at] - b'0'));
        at += 1;
    }
    (number, at)
}
