use std::io::BufRead;

use super::report::Notebook;
use super::xml::{Node, Walker};

/// Rows that tell what a sheet is.
pub(super) const HEAD: usize = 8;

/// A row or cell that stands for more than this is empty ground at the end of a sheet.
const MOST_REPEATED: usize = 512;

/// Cells of a row beyond these are left out; lists have some dozens.
const WIDEST: usize = 1_024;

/// A table of more bytes is no list: what is repeated makes much out of little.
const LARGEST_TABLE: usize = if cfg!(test) { 8 << 20 } else { 512 << 20 };

/// The tables of an OpenDocument spreadsheet as CSV, one line a row, so that the reader of the
/// CSV reads them too. `rows` is how many to read; all unless given. Dates are written as in
/// ISO 8601, line ends inside a cell as blanks.
pub(super) fn as_csv(content: impl BufRead, rows: Option<usize>, notes: &mut Notebook) -> Vec<u8> {
    let mut walker = Walker::new(content);
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(vec![]);
    let (mut read, mut size) = (0, 0_usize);
    while rows.is_none_or(|rows| read < rows)
        && let Some(row) = walker.next(&["table-row"], notes)
    {
        let mut cells = cells(&row);
        // An empty row is a row too: lines are counted.
        if cells.is_empty() {
            cells.push(String::new());
        }
        for _ in 0..repeated(&row, "number-rows-repeated") {
            size += cells.iter().map(|cell| cell.len() + 1).sum::<usize>();
            if size > LARGEST_TABLE {
                notes.at(row.line);
                notes.unusable("large-table", "a sheet of more than 512 MB; the rest was left out");
                return writer.into_inner().unwrap_or_default();
            }
            if writer.write_record(&cells).is_err() {
                return vec![];
            }
            read += 1;
        }
    }
    writer.into_inner().unwrap_or_default()
}

fn repeated(node: &Node, attribute: &str) -> usize {
    node.attr(attribute).parse().ok().filter(|n| *n <= MOST_REPEATED).unwrap_or(1)
}

fn cells(row: &Node) -> Vec<String> {
    let mut cells = vec![];
    for cell in row.children.iter().filter(|c| matches!(c.name.as_str(), "table-cell" | "covered-table-cell")) {
        let date = cell.attr("date-value");
        let text = if date.is_empty() { paragraphs(cell) } else { date.to_owned() };
        let room = WIDEST.saturating_sub(cells.len());
        cells.extend(std::iter::repeat_n(text, repeated(cell, "number-columns-repeated").min(room)));
    }
    while cells.last().is_some_and(String::is_empty) {
        cells.pop();
    }
    cells
}

/// The text of a cell. Formatted pieces of a paragraph come in elements of their own.
fn paragraphs(cell: &Node) -> String {
    fn collect(node: &Node, out: &mut String) {
        out.push_str(&node.text);
        for child in node.children.iter().filter(|c| c.name != "annotation") {
            if child.name == "s" || child.name == "line-break" {
                out.push(' ');
            }
            collect(child, out);
        }
    }
    let mut texts = vec![];
    for paragraph in cell.children.iter().filter(|c| c.name == "p") {
        let mut text = String::new();
        collect(paragraph, &mut text);
        texts.push(super::fields::squeeze(&text));
    }
    texts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_rows_and_what_is_repeated() {
        let content = b"<office:document-content xmlns:office='o' xmlns:table='t' xmlns:text='x'><table:table>\
            <table:table-row><table:table-cell><text:p>A</text:p></table:table-cell>\
            <table:table-cell table:number-columns-repeated='2'/><table:table-cell office:date-value='2024-05-01'><text:p>1 May</text:p></table:table-cell>\
            <table:table-cell table:number-columns-repeated='16000'/></table:table-row>\
            <table:table-row table:number-rows-repeated='2'><table:table-cell/></table:table-row>\
            <table:table-row><table:table-cell><text:p>B<text:span>C</text:span></text:p><text:p>D, E</text:p></table:table-cell></table:table-row>\
            <table:table-row table:number-rows-repeated='1048000'><table:table-cell/></table:table-row></table:table></office:document-content>";
        let csv = String::from_utf8(as_csv(&content[..], None, &mut Notebook::default())).unwrap_or_default();
        assert_eq!(csv, "A,,,2024-05-01\n\"\"\n\"\"\n\"BC D, E\"\n\"\"\n");
        assert_eq!(as_csv(&content[..], Some(1), &mut Notebook::default()), b"A,,,2024-05-01\n");
    }

    #[test]
    fn much_out_of_little_is_bounded() {
        let cell = format!("<table-cell number-columns-repeated='512'><p>{}</p></table-cell>", "x".repeat(4_000));
        let row = format!("<table-row number-rows-repeated='512'>{}</table-row>", cell.repeat(4));
        let content = format!("<document-content>{}</document-content>", row.repeat(3));
        let mut notes = Notebook::default();
        let table = as_csv(content.as_bytes(), None, &mut notes);
        assert!(table.len() <= LARGEST_TABLE && table.len() > LARGEST_TABLE / 2, "{} bytes", table.len());
        assert_eq!(notes.finish().unusable_by_code.into_keys().collect::<Vec<_>>(), ["large-table"]);
    }
}
