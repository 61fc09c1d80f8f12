//! The words, signs and quoted pieces of a text with values in it.

/// A piece of the text: literal, or a value with its number.
pub(super) enum Fragment<'t> {
    Text(&'t str),
    Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A bare word, possibly with values inside it (`table_{x}`).
    Word(String),
    /// A quoted piece with its quote.
    Quoted(char),
    Number,
    Sign(char),
    Value,
}

/// Whether a character is part of a bare word.
pub(super) fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '#' | '@')
}

/// The tokens; and for each value in order the index of its token and the quote that it stands in.
pub(super) fn tokens(fragments: &[Fragment<'_>]) -> (Vec<Token>, Vec<(usize, Option<char>)>) {
    let mut tokens: Vec<Token> = Vec::new();
    let mut values = Vec::new();
    let mut quote: Option<char> = None;
    let mut word = String::new();
    let mut comment = false;
    // The last thing was a value, with nothing after it yet.
    let mut adjacent = false;
    let flush = |word: &mut String, tokens: &mut Vec<Token>| {
        if word.is_empty() {
            return;
        }
        let text = std::mem::take(word);
        let number = text.bytes().next().is_some_and(|b| b.is_ascii_digit());
        tokens.push(if number { Token::Number } else { Token::Word(text) });
    };
    for fragment in fragments {
        let Fragment::Text(text) = fragment else {
            if comment {
                values.push((tokens.len().saturating_sub(1), Some('-')));
                continue;
            }
            if word.is_empty() && quote.is_none() {
                tokens.push(Token::Value);
                values.push((tokens.len() - 1, None));
                adjacent = true;
            } else if quote.is_some() {
                values.push((tokens.len().saturating_sub(1), quote));
            } else {
                // Part of a name.
                values.push((tokens.len(), Some('"')));
                word.push('x');
            }
            continue;
        };
        let mut characters = text.chars().peekable();
        while let Some(c) = characters.next() {
            if comment {
                comment = c != '\n';
                continue;
            }
            if let Some(open) = quote {
                let close = if open == '[' { ']' } else { open };
                if c == close {
                    quote = None;
                }
                continue;
            }
            match c {
                '\'' | '"' | '`' => {
                    adjacent = false;
                    flush(&mut word, &mut tokens);
                    quote = Some(c);
                    tokens.push(Token::Quoted(c));
                }
                '-' if characters.peek() == Some(&'-') => {
                    flush(&mut word, &mut tokens);
                    comment = true;
                }
                // `:name`, `%s`, `%(name)s`, `?`, `@name` are bound parameters.
                c if is_of_word(c) => {
                    if std::mem::take(&mut adjacent) && word.is_empty() {
                        // `{schema}.table`, `{prefix}_log`: one name with the value before it.
                        if let Some(last) = values.last_mut() {
                            last.1 = last.1.or(Some('n'));
                        }
                        tokens.pop();
                        word.push('x');
                    }
                    word.push(c);
                }
                c if c.is_whitespace() => {
                    adjacent = false;
                    flush(&mut word, &mut tokens);
                }
                c => {
                    adjacent = false;
                    flush(&mut word, &mut tokens);
                    tokens.push(Token::Sign(c));
                }
            }
        }
    }
    flush(&mut word, &mut tokens);
    (tokens, values)
}
