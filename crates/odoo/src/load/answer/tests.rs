use super::*;
use crate::load::RowFaultKind;
use crate::record::Model;
use serde_json::json;

/// Parents in the even rows, a child of each in the odd ones would be slow; so: parents, then children.
fn families(count: usize) -> Rows {
    let mut rows = Rows::new(
        Model::PARTNER,
        ["id", "name", "parent_id/id", "country_id/id"],
    );
    for group in 0..count {
        let parent = format!("t.p{group}");
        rows.push(
            group,
            vec![parent, "P".into(), String::new(), String::new()],
        )
        .unwrap();
    }
    for group in 0..count {
        let (child, parent) = (format!("t.c{group}"), format!("t.p{group}"));
        rows.push(group, vec![child, "C".into(), parent, String::new()])
            .unwrap();
    }
    rows
}

fn error(record: usize, field: Option<&str>, message: &str) -> Value {
    let mut error = json!({
        "rows": {"from": record, "to": record}, "record": record, "type": "error", "message": message,
    });
    if let Some(field) = field {
        error["field"] = field.into();
        error["field_name"] = "Label".into();
    }
    error
}

fn read(rows: &Rows, messages: &[Value]) -> Answer {
    let answer = json!({"ids": false, "messages": messages, "nextrow": 0});
    Answer::read(rows, &rows.groups(), &answer).unwrap()
}

fn blamed(answer: &Answer) -> (Vec<usize>, Vec<usize>) {
    match answer {
        Answer::Refused { faults, doubted } => (
            faults.keys().copied().collect(),
            doubted.iter().copied().collect(),
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn ids_are_dealt_out_to_their_groups_in_row_order() {
    let rows = families(2);
    let answer = json!({"ids": [11, 12, 13, 14], "messages": [], "nextrow": 0});
    let Answer::Saved { ids, warnings } = Answer::read(&rows, &rows.groups(), &answer).unwrap()
    else {
        panic!("saved")
    };
    assert_eq!(ids[&0], [RecordId(11), RecordId(13)]);
    assert_eq!(ids[&1], [RecordId(12), RecordId(14)]);
    assert_eq!(warnings, []);
}

#[test]
fn lines_belong_to_the_record_above_and_have_no_id_of_their_own() {
    let mut rows = Rows::new(Model::named("purchase.order"), ["id", "order_line/id"]);
    rows.push(4, vec!["t.o1".into(), "t.l1".into()]).unwrap();
    rows.push_line(4, vec![String::new(), "t.l2".into()])
        .unwrap();
    rows.push(5, vec!["t.o2".into(), "t.l3".into()]).unwrap();
    let answer = json!({"ids": [1, 2], "messages": []});
    let Answer::Saved { ids, .. } = Answer::read(&rows, &rows.groups(), &answer).unwrap() else {
        panic!("saved")
    };
    assert_eq!(
        (&ids[&4], &ids[&5]),
        (&vec![RecordId(1)], &vec![RecordId(2)])
    );
    // Record 1 begins in row 2, and the row counts.
    let refused = json!({"ids": false, "messages": [
        {"rows": {"from": 2, "to": 2}, "record": 1, "type": "error", "message": "no"}]});
    let answer = Answer::read(&rows, &rows.groups(), &refused).unwrap();
    assert_eq!(blamed(&answer), (vec![5], vec![]));
}

#[test]
fn a_fault_says_what_and_where() {
    let rows = families(4);
    let messages = [
        error(
            1,
            Some("country_id"),
            "No matching record found for external id 'base.nosuch'",
        ),
        error(2, Some(".id"), "Unknown database identifier '9'"),
        error(
            3,
            None,
            "You are not allowed to create 'Contact' (res.partner) records.\n\nmore",
        ),
    ];
    let Answer::Refused { faults, .. } = read(&rows, &messages) else {
        panic!("refused")
    };
    assert_eq!(
        faults[&1],
        RowFault {
            kind: RowFaultKind::Value,
            field: Some("country_id".into()),
            field_name: Some("Label".into()),
            message: "No matching record found for external id 'base.nosuch'".into(),
        }
    );
    assert_eq!(faults[&2].kind, RowFaultKind::MissingRecord);
    assert_eq!(faults[&3].kind, RowFaultKind::Access);
    assert_eq!(
        faults[&3].message,
        "You are not allowed to create 'Contact' (res.partner) records. more"
    );
}

#[test]
fn who_is_told_that_its_own_record_is_gone_is_sent_again() {
    let rows = families(3);
    let refused = error(1, Some("name"), "violates check constraint");
    let ghost = |record, id| {
        let text = format!("L'enregistrement n'existe pas. (res.partner({id},), 5)");
        error(record, None, &text)
    };
    assert_eq!(
        blamed(&read(&rows, &[ghost(0, 140), refused, ghost(2, 141)])),
        (vec![1], vec![0, 2])
    );
    assert!(matches!(
        read(&rows, &[ghost(0, 140), ghost(2, 141)]),
        Answer::Unnamed { .. }
    ));
    let other = error(2, None, "Not the record (res.partner) nor res.partner(,)");
    assert_eq!(blamed(&read(&rows, &[ghost(0, 140), other])).0, vec![2]);
}

#[test]
fn the_error_of_a_whole_batch_blames_nobody_while_others_are_named() {
    let rows = families(6);
    let name = "Contacts require a name";
    // In front stands the batch's own error, under the name of its first record.
    assert_eq!(
        blamed(&read(
            &rows,
            &[
                error(0, None, name),
                error(3, None, name),
                error(5, None, name)
            ]
        )),
        (vec![3, 5], vec![0])
    );
    // Two batches: the later one's error stands before the earlier one's.
    assert_eq!(
        blamed(&read(
            &rows,
            &[
                error(7, None, "b"),
                error(0, None, "a"),
                error(3, None, "a"),
                error(8, None, "b")
            ]
        )),
        (vec![2, 3], vec![0, 1])
    );
    // A row that begins no batch is named for itself.
    assert_eq!(
        blamed(&read(&rows, &[error(1, None, name), error(3, None, name)])),
        (vec![1, 3], vec![])
    );
    // Alone, it is the record's own.
    assert_eq!(
        blamed(&read(&rows, &[error(2, None, name)])),
        (vec![2], vec![])
    );
    // Named twice, it is certain.
    assert_eq!(
        blamed(&read(&rows, &[error(2, None, "x"), error(2, None, "y")])),
        (vec![2], vec![])
    );
}

#[test]
fn a_child_whose_parent_was_rolled_back_is_not_at_fault() {
    let rows = families(4);
    let orphan = "No matching record found for external id 't.p0' in field 'Related Company'";
    assert_eq!(
        blamed(&read(
            &rows,
            &[
                error(2, None, "Contacts require a name"),
                error(4, Some("parent_id"), orphan),
                error(5, Some("parent_id"), orphan),
            ]
        )),
        (vec![2], vec![0, 1])
    );
    // But with nobody else to blame it is.
    assert_eq!(
        blamed(&read(&rows, &[error(4, Some("parent_id"), orphan)])),
        (vec![0], vec![])
    );
}

#[test]
fn a_conflict_is_told_from_a_refusal() {
    let rows = families(2);
    let text = "could not serialize access due to concurrent update\n";
    let Answer::Conflict { message, faults } = read(
        &rows,
        &[
            error(0, None, text),
            error(3, None, "current transaction is aborted"),
        ],
    ) else {
        panic!("conflict")
    };
    assert_eq!(
        message,
        "could not serialize access due to concurrent update"
    );
    assert!(faults.is_empty());
    let Answer::Conflict { faults, .. } = read(
        &rows,
        &[
            error(1, Some("country_id"), "No matching record"),
            error(0, None, text),
        ],
    ) else {
        panic!("conflict")
    };
    assert_eq!(faults.into_keys().collect::<Vec<_>>(), [1]);
}

#[test]
fn a_refusal_without_a_row_names_nobody() {
    let rows = families(2);
    let message = json!({"type": "error", "message": "no"});
    assert_eq!(
        read(&rows, &[message]),
        Answer::Unnamed {
            message: "no".into()
        }
    );
    assert_eq!(
        read(&rows, &[]),
        Answer::Unnamed {
            message: String::new()
        }
    );
    let beyond = error(99, None, "no");
    assert_eq!(
        read(&rows, &[beyond]),
        Answer::Unnamed {
            message: "no".into()
        }
    );
}

#[test]
fn an_answer_of_another_shape_is_unreadable_and_ambiguous() {
    let rows = families(1);
    for answer in [
        json!(null),
        json!([]),
        json!({"messages": []}),
        json!({"ids": [1], "messages": []}),
        json!({"ids": [1, false], "messages": []}),
    ] {
        let error = Answer::read(&rows, &rows.groups(), &answer).unwrap_err();
        assert_eq!(
            (error.kind, error.may_have_applied),
            (ErrorKind::Unreadable, true)
        );
    }
}
