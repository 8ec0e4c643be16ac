//! Who goes where, several visits to a job, jobs on hold and cancelled.

use sandbox::servicetitan::{
    AppointmentId, JobId, Kind, NewPayment, Refusal, Rot, Subscription, TechnicianId,
};
use serde_json::{Value, json};

use super::{customer, invoiced, listed};
use crate::servicetitan::purchasing::dec;
use crate::servicetitan::webhooks::Receiver;
use crate::servicetitan::{Desk, NONE, ids};

const ANA: TechnicianId = TechnicianId(201);
const BO: TechnicianId = TechnicianId(202);

fn visit(desk: &Desk, job: JobId) -> AppointmentId {
    desk.tenant.appointments_of(job)[0].id
}

async fn job_row(desk: &Desk, job: JobId) -> Value {
    desk.get("jpm", &format!("jobs/{job}")).await
}

#[tokio::test]
async fn technicians_are_listed_and_fed() {
    let desk = Desk::new().await;
    let page = desk.get("settings", "technicians").await;
    assert_eq!(ids(&page), [201, 202, 203, 205, 206]);
    assert_eq!(page["data"][0]["name"], "Ana Ruiz");
    let any = desk
        .get("settings", "technicians?active=Any&name=o'neil")
        .await;
    assert_eq!(ids(&any), [204]);
    let users = desk.get("settings", "technicians?userIds=1202").await;
    assert_eq!(ids(&users), [202]);
    let one = desk.get("settings", "technicians/205").await;
    assert_eq!(
        (&one["firstName"], &one["lastName"]),
        (&json!("Eva"), &json!("Müller"))
    );
    let feed = desk.get("settings", "export/technicians").await;
    assert_eq!(ids(&feed).len(), 6);
}

#[tokio::test]
async fn technicians_are_sent_to_visits_and_called_back() {
    let desk = Desk::new().await;
    let tenant = &desk.tenant;
    let job = tenant.book_job(customer()).unwrap();
    let first = visit(&desk, job);
    let second = tenant.add_appointment(job, 24).unwrap();
    let a = tenant.assign_technician(first, ANA).unwrap();
    assert_eq!(
        tenant.assign_technician(first, ANA).unwrap(),
        a,
        "once is enough"
    );
    let b = tenant.assign_technician(first, BO).unwrap();
    let c = tenant.assign_technician(second, BO).unwrap();
    let [a, b, c] = [a, b, c].map(|id| id.0);
    let list = |query: String| {
        let path = format!("appointment-assignments?{query}");
        let desk = &desk;
        async move { desk.get("dispatch", &path).await }
    };
    let page = list(format!("appointmentIds={first}")).await;
    assert_eq!(ids(&page), [a, b]);
    let row = &page["data"][0];
    assert_eq!(
        (&row["technicianId"], &row["technicianName"]),
        (&json!(201), &json!("Ana Ruiz"))
    );
    assert_eq!(
        (&row["jobId"], &row["status"]),
        (&json!(job), &json!("Scheduled"))
    );
    let feed = desk.get("dispatch", "export/appointment-assignments").await;
    let end = feed["continueFrom"].as_str().unwrap();
    assert_eq!(ids(&feed), [a, b, c]);
    tenant.unassign_technician(first, ANA).unwrap();
    assert_eq!(ids(&list(format!("jobId={job}")).await), [b, c]);
    assert_eq!(ids(&list("active=False".to_owned()).await), [a]);
    let from = format!("export/appointment-assignments?from={end}");
    let gone = desk.get("dispatch", &from).await;
    assert_eq!(
        (ids(&gone), &gone["data"][0]["active"]),
        (vec![a], &json!(false))
    );
    let active = desk.get("dispatch", &format!("{from}&active=True")).await;
    assert_eq!(ids(&active), NONE);
    assert!(tenant.unassign_technician(first, ANA).is_err());
    assert!(tenant.assign_technician(first, TechnicianId(5)).is_err());
    let visits = desk.get("jpm", "appointments?technicianId=202").await;
    assert_eq!(ids(&visits).len(), 2);
    let visits = desk.get("jpm", "appointments?technicianId=201").await;
    assert_eq!(ids(&visits), NONE);
    for (filter, found) in [
        ("technicianId=202", true),
        ("technicianId=201", false),
        ("appointmentStatus=Scheduled", true),
        ("appointmentStatus=Done", false),
        ("appointmentStartsOnOrAfter=2026-11-24", true),
        ("appointmentStartsOnOrAfter=2026-11-26", false),
        ("firstAppointmentStartsBefore=2026-11-24", true),
        ("firstAppointmentStartsOnOrAfter=2026-11-24", false),
        ("projectId=7", false),
        ("priority=Normal", true),
    ] {
        let jobs = desk.get("jpm", &format!("jobs?{filter}")).await;
        let expected: &[i64] = if found { &[job.0] } else { &NONE };
        assert_eq!(ids(&jobs), expected, "{filter}");
    }
    tenant.spoil(Kind::Assignment, b, Rot::NameNull).unwrap();
    let page = list(format!("ids={b}")).await;
    assert!(page["data"][0]["technicianName"].is_null());
}

#[tokio::test]
async fn a_job_has_several_visits_and_goes_through_its_states() {
    let desk = Desk::new().await;
    let tenant = &desk.tenant;
    let receiver = Receiver::default();
    let url = receiver.listen().await;
    let job = tenant.book_job(customer()).unwrap();
    let first = visit(&desk, job);
    tenant.assign_technician(first, ANA).unwrap();
    desk.sandbox
        .webhooks()
        .subscribe(Subscription::new(&url, "s"));
    let second = tenant.add_appointment(job, 48).unwrap();
    let row = job_row(&desk, job).await;
    assert_eq!(
        (&row["appointmentCount"], &row["lastAppointmentId"]),
        (&json!(2), &json!(second))
    );
    assert_eq!(row["firstAppointmentId"], first.0);
    let states = || {
        let visits = tenant.appointments_of(job);
        (
            tenant.job(job).unwrap().job_status,
            visits.iter().map(|row| row.status).collect::<Vec<_>>(),
            tenant.assignments()[0].status,
        )
    };
    tenant.dispatch_appointment(first).unwrap();
    assert_eq!(
        states(),
        ("Dispatched", vec!["Dispatched", "Scheduled"], "Dispatched")
    );
    tenant.start_appointment(first).unwrap();
    assert_eq!(
        states(),
        ("InProgress", vec!["Working", "Scheduled"], "Working")
    );
    tenant.hold_job(job).unwrap();
    assert_eq!(states().0, "Hold");
    assert!(tenant.assignments()[0].is_paused);
    tenant.resume_job(job).unwrap();
    assert_eq!(states(), ("Scheduled", vec!["Scheduled"; 2], "Scheduled"));
    assert!(tenant.resume_job(job).is_err());
    tenant.complete_job(job, 100).unwrap();
    assert_eq!(states(), ("Completed", vec!["Done", "Done"], "Done"));
    for over in [
        tenant.hold_job(job),
        tenant.start_appointment(first),
        tenant.add_appointment(job, 1).map(|_| ()),
    ] {
        assert!(matches!(over, Err(Refusal::State { .. })));
    }
    desk.sandbox.webhooks().settled().await;
    let kinds = receiver.kinds();
    let count = |kind: &str| kinds.iter().filter(|k| *k == kind).count();
    assert_eq!(count("tn.jpm.job-updated"), 5);
    assert_eq!(count("tn.jpm.job-appointment-updated"), 6);
    assert_eq!(count("tn.jpm.job-completed"), 1);
}

#[tokio::test]
async fn a_cancelled_job_hides_its_invoice_unless_that_was_exported() {
    let desk = Desk::new().await;
    let tenant = &desk.tenant;
    let owed = || tenant.customer(customer()).unwrap().balance.0;
    let before = owed();
    let job = tenant.book_job(customer()).unwrap();
    let id = tenant.invoice(job).unwrap().id;
    tenant.add_invoice_line(job, super::work("80")).unwrap();
    tenant.assign_technician(visit(&desk, job), ANA).unwrap();
    assert_eq!(owed() - before, 8_000);
    let end = desk.get("accounting", "export/invoices").await["continueFrom"].clone();
    tenant.cancel_job(job).unwrap();
    assert_eq!(owed(), before);
    assert_eq!(job_row(&desk, job).await["jobStatus"], "Canceled");
    assert_eq!(tenant.appointments_of(job)[0].status, "Canceled");
    assert!(!tenant.assignments()[0].active);
    let path = format!("invoices?ids={id}");
    assert_eq!(ids(&desk.get("accounting", &path).await), NONE);
    assert_eq!(listed(&desk, job).await["active"], false);
    let feed = format!("export/invoices?from={}", end.as_str().unwrap());
    let page = desk.get("accounting", &feed).await;
    assert_eq!(
        (ids(&page), &page["data"][0]["active"]),
        (vec![id.0], &json!(false))
    );
    let lines = desk.get("accounting", "export/invoice-items").await;
    assert_eq!(lines["data"][0]["active"], false);
    for hidden in [
        tenant.cancel_job(job),
        tenant.post_invoice(job),
        tenant.complete_job(job, 1),
        tenant.bypass_invoice(job),
    ] {
        assert!(matches!(hidden, Err(Refusal::State { .. })));
    }
    tenant.remove_cancellation(job).unwrap();
    assert_eq!(
        (owed() - before, listed(&desk, job).await["active"].clone()),
        (8_000, json!(true))
    );
    assert_eq!(tenant.appointments_of(job)[0].status, "Scheduled");

    let paid = invoiced(&desk, 500);
    let invoice = tenant.invoice(paid).unwrap().id;
    let payment = NewPayment::new(customer(), dec("5")).apply(invoice, dec("5"));
    tenant.take_payment(payment).unwrap();
    assert!(tenant.cancel_job(paid).is_err(), "it is paid");
    let exported = invoiced(&desk, 500);
    tenant.post_invoice(exported).unwrap();
    tenant.export_invoice(exported).unwrap();
    tenant.cancel_job(exported).unwrap();
    assert_eq!(listed(&desk, exported).await["active"], true);
}
