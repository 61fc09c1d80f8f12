//! A Markdown text as blocks that can hold a claim: headings, items of lists, rows of tables, lines of paragraphs. Code holds none.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// Most characters of one block.
const MAX_TEXT: usize = 4000;
/// Deepest list that is followed.
const MAX_DEPTH: usize = 64;

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A heading of this level.
    Heading(u8),
    /// An item of a list; with a box, whether it is ticked.
    Item(Option<bool>),
    /// A line of a paragraph.
    Line,
    /// A row of a table: the title and the text of each cell.
    Row(Vec<(String, String)>),
}

/// A block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// Its line, from 1.
    pub(crate) line: u32,
    pub(crate) kind: Kind,
    /// Its text without markup; of a row, its cells.
    pub(crate) text: String,
    /// The headings above it, the uppermost first.
    pub(crate) headings: Vec<String>,
    /// The text of the items that it lies in, the outermost first.
    pub(crate) above: Vec<String>,
}

/// The blocks of `text`, in its order.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let mut reader = Reader { starts, ..Reader::default() };
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        reader.event(event, range.start);
    }
    reader.out
}

#[derive(Default)]
struct Reader {
    starts: Vec<usize>,
    out: Vec<Block>,
    headings: Vec<(u8, String)>,
    /// Texts that are open, the innermost last.
    open: Vec<Open>,
    titles: Vec<String>,
    cells: Vec<String>,
    in_head: bool,
    /// The line of the row that is open.
    row: u32,
    /// How deep inside of what holds no claim.
    silent: usize,
    struck: usize,
}

#[derive(Default)]
struct Open {
    line: u32,
    text: String,
    is_item: bool,
    ticked: Option<bool>,
    /// An item whose own text was told before what lies in it.
    told: bool,
}

impl Reader {
    fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }

    fn event(&mut self, event: Event<'_>, at: usize) {
        match event {
            Event::Start(tag) => self.start(&tag, at),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) => self.push(&text, at),
            Event::SoftBreak => self.push(" ", at),
            Event::HardBreak => self.push("\n", at),
            Event::InlineHtml(html) if html.starts_with("<br") => self.push("\n", at),
            Event::TaskListMarker(ticked) => {
                if let Some(open) = self.open.iter_mut().rev().find(|open| open.is_item) {
                    open.ticked = Some(ticked);
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, text: &str, at: usize) {
        if self.silent > 0 || self.struck > 0 {
            return;
        }
        let line = self.line(at);
        let Some(open) = self.open.last_mut() else { return };
        if open.text.is_empty() && !text.trim().is_empty() {
            open.line = line;
        }
        if open.text.chars().count() < MAX_TEXT {
            open.text.push_str(text);
        }
    }

    fn start(&mut self, tag: &Tag<'_>, at: usize) {
        let line = self.line(at);
        match tag {
            Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::MetadataBlock(_) | Tag::Image { .. } => {
                self.silent += 1
            }
            Tag::Strikethrough => self.struck += 1,
            Tag::Heading { .. } | Tag::TableCell => self.open.push(Open { line, ..Open::default() }),
            Tag::Paragraph => {
                // The paragraphs of an item are its text.
                if self.open.last().is_some_and(|open| open.is_item) {
                    self.push("\n", at);
                } else {
                    self.open.push(Open { line, ..Open::default() });
                }
            }
            Tag::Item => self.open.push(Open { line, is_item: true, ..Open::default() }),
            Tag::List(_) => self.tell_item(),
            Tag::TableHead => {
                self.in_head = true;
                self.titles.clear();
            }
            Tag::TableRow => {
                self.cells.clear();
                self.row = line;
            }
            // Bold words at the beginning of a line are its label.
            Tag::Strong => {
                if let Some(open) = self.open.last_mut()
                    && !open.is_item
                    && open.text.ends_with(' ')
                    && self.starts.binary_search(&at).is_ok()
                {
                    open.text.pop();
                    open.text.push('\n');
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::CodeBlock | TagEnd::HtmlBlock | TagEnd::MetadataBlock(_) | TagEnd::Image => {
                self.silent = self.silent.saturating_sub(1);
            }
            TagEnd::Strikethrough => self.struck = self.struck.saturating_sub(1),
            TagEnd::Heading(level) => self.heading(level),
            TagEnd::Paragraph => {
                if self.open.last().is_some_and(|open| !open.is_item)
                    && let Some(open) = self.open.pop()
                {
                    for (line, text) in (open.line..).zip(open.text.split('\n')) {
                        self.tell(line, Kind::Line, text);
                    }
                }
            }
            TagEnd::Item => {
                self.tell_item();
                self.open.pop();
            }
            TagEnd::TableCell => {
                let cell = self.open.pop().map_or(String::new(), |open| open.text);
                let cell = cell.split_whitespace().collect::<Vec<_>>().join(" ");
                let list = if self.in_head { &mut self.titles } else { &mut self.cells };
                list.push(cell);
            }
            TagEnd::TableHead => self.in_head = false,
            TagEnd::TableRow => {
                let cells = std::mem::take(&mut self.cells);
                let text = cells.join(" | ");
                let titles = self.titles.iter().cloned().chain(std::iter::repeat(String::new()));
                let row = titles.zip(cells).collect();
                self.tell(self.row, Kind::Row(row), &text);
            }
            _ => {}
        }
    }

    fn heading(&mut self, level: HeadingLevel) {
        let Some(open) = self.open.pop() else { return };
        let level = level as u8;
        while self.headings.last().is_some_and(|(above, _)| *above >= level) {
            self.headings.pop();
        }
        self.tell(open.line, Kind::Heading(level), &open.text);
        self.headings.push((level, open.text.trim().to_owned()));
    }

    /// Tells the text of the innermost item, before what lies in it.
    fn tell_item(&mut self) {
        let Some(open) = self.open.last_mut().filter(|open| open.is_item && !open.told) else { return };
        open.told = true;
        let (line, ticked, text) = (open.line, open.ticked, open.text.replace('\n', " "));
        self.tell(line, Kind::Item(ticked), &text);
    }

    fn tell(&mut self, line: u32, kind: Kind, text: &str) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return;
        }
        let outer = self.open.iter().filter(|open| open.is_item && open.told);
        let mut above: Vec<String> = outer.map(|open| open.text.trim().to_owned()).take(MAX_DEPTH).collect();
        if matches!(kind, Kind::Item(_)) {
            // The last is the item itself.
            above.pop();
        }
        let headings = self.headings.iter().map(|(_, text)| text.clone()).collect();
        self.out.push(Block { line, kind, text, headings, above });
    }
}
