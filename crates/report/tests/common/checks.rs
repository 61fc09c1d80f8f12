//! What holds for any report of a format.

/// The numbers of every suite are those of its cases, and the sums those of its suites.
pub fn assert_junit_adds_up(text: &str) {
    let document = roxmltree::Document::parse(text).expect("well-formed XML");
    let number = |node: &roxmltree::Node<'_, '_>, name: &str| -> usize {
        node.attribute(name).and_then(|text| text.parse().ok()).expect("a number")
    };
    let count = |node: &roxmltree::Node<'_, '_>, name: &str| {
        node.descendants().filter(|inner| inner.has_tag_name(name)).count()
    };
    let root = document.root_element();
    let suites = root.children().filter(|node| node.has_tag_name("testsuite"));
    for node in suites.chain([root]) {
        assert_eq!(number(&node, "tests"), count(&node, "testcase"));
        assert_eq!(number(&node, "failures"), count(&node, "failure"));
        assert_eq!(number(&node, "skipped"), count(&node, "skipped"));
        assert_eq!(number(&node, "errors"), 0);
    }
}

/// Every record has the fields of the head, and none begins as a formula does.
pub fn assert_table_is_whole(text: &str) {
    let rows: Vec<Vec<&str>> =
        text.split_terminator("\r\n").map(|row| row.trim_matches('"').split("\",\"").collect()).collect();
    for row in &rows {
        assert_eq!(row.len(), rows[0].len(), "{row:?}");
        assert!(row.iter().all(|field| !field.starts_with(['=', '+', '-', '@'])), "{row:?}");
    }
}
