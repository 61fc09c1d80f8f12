use super::statement::{Given, HOLE, Select, select, writes};
use super::{Column, told};

fn column(name: &str) -> (Option<Box<str>>, Box<str>) {
    (Some(name.into()), name.into())
}

#[test]
fn columns_of_one_table_are_read() {
    let read = |text: &str| select(text);
    assert_eq!(
        read("SELECT id, p.Text FROM Posts p WHERE x = ?"),
        Some(Select { table: "posts".into(), columns: Some(vec![column("id"), column("text")]) })
    );
    assert_eq!(read("select * from main.posts"), Some(Select { table: "posts".into(), columns: None }));
    assert_eq!(
        read("SELECT count(*) AS n, name who FROM users"),
        Some(Select {
            table: "users".into(),
            columns: Some(vec![(None, "n".into()), (Some("name".into()), "who".into())])
        })
    );
    assert_eq!(read("SELECT a FROM b, c"), None);
    assert_eq!(read("SELECT a FROM b JOIN c ON b.x = c.x"), None);
    assert_eq!(read(&format!("SELECT a FROM posts_{HOLE}")), None);
    assert_eq!(
        read(&format!("SELECT a FROM posts WHERE x = {HOLE}")).map(|read| read.table),
        Some("posts".into())
    );
}

#[test]
fn values_go_to_their_columns() {
    let written =
        writes("INSERT INTO posts (username, text, date) VALUES (?, trim(?), now())").expect("readable");
    assert_eq!(&*written.table, "posts");
    assert_eq!(written.columns[1], (Column::Name("text".into()), vec![Given::Nth(1)]));
    assert_eq!(written.columns[2].1, vec![]);
    let written = writes("insert or replace into t values (:a, $2, %(c)s)").expect("readable");
    assert_eq!(written.columns[0], (Column::At(0), vec![Given::Named("a".into())]));
    assert_eq!(written.columns[1].1, vec![Given::Nth(1)]);
    assert_eq!(written.columns[2].1, vec![Given::Named("c".into())]);
    let written = writes("UPDATE t SET a = %s, b = b + %s WHERE id = %s").expect("readable");
    assert_eq!(written.columns[1], (Column::Name("b".into()), vec![Given::Nth(1)]));
    assert_eq!(written.columns.len(), 2);
}

#[test]
fn what_is_pasted_counts_from_the_beginning() {
    let text = format!("INSERT INTO t (a, b, c) VALUES ('{HOLE}', 'x{HOLE}y', {HOLE})");
    let written = writes(&text).expect("readable");
    let holes: Vec<_> = written.columns.iter().map(|(_, given)| given.clone()).collect();
    assert_eq!(holes, [vec![Given::Hole(0)], vec![Given::Hole(1)], vec![Given::Hole(2)]]);
}

#[test]
fn odd_statements_are_not_known() {
    for text in [
        "",
        "INSERT",
        "INSERT INTO",
        "INSERT INTO t (a",
        "UPDATE t",
        "UPDATE t SET",
        "SELECT",
        "select from",
        "'",
        "%(",
    ] {
        let _ = (select(text), writes(text));
    }
    assert_eq!(writes("INSERT INTO t SELECT * FROM u"), None);
    assert_eq!(told("sql-injection"), None);
}
