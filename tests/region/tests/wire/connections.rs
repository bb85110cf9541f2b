//! What faults do to a connection: closed, reset, stalled, slow, byte by byte.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use dockreg_region::Running;
use dockreg_region::fault::Effect;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::faults::{create, fault, kept};
use crate::signer::Ask;
use crate::signer::region;

/// Longer than any answer takes here that comes at all.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came over the connection, piece by piece, and how it ended.
async fn raw(running: &Running, ask: &Ask) -> (Vec<Vec<u8>>, std::io::Result<()>) {
    let host = running.endpoint().replace("http://", "");
    let mut stream = TcpStream::connect(&host).await.expect("a connection");
    let (headers, _) = ask.signed(&host);
    let mut text =
        format!("{} {} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", ask.method, ask.path, ask.body.len());
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += "\r\n";
    stream.write_all(text.as_bytes()).await.expect("the head is sent");
    stream.write_all(&ask.body).await.expect("the body is sent");
    let (mut pieces, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        match tokio::time::timeout(PATIENCE, stream.read(&mut buffer)).await.expect("no stall") {
            Ok(0) => return (pieces, Ok(())),
            Ok(length) => pieces.push(buffer[..length].to_vec()),
            Err(error) => return (pieces, Err(error)),
        }
    }
}

#[tokio::test]
async fn a_closed_connection_leaves_the_effect_or_not() {
    let running = region().await;
    for (name, effect, there) in [("before", Effect::CutBefore, false), ("after", Effect::CutAfter, true)] {
        running.region().plant(fault("CreateSecret", 1, effect));
        let (pieces, end) = raw(&running, &create(name)).await;
        assert!(pieces.is_empty() && end.is_ok(), "{end:?}");
        assert_eq!(kept(&running, name), there);
    }
    let outcomes: Vec<String> = running.region().journal.entries().into_iter().map(|entry| entry.outcome).collect();
    assert_eq!(outcomes, ["cut before effect", "cut after effect"]);
}

#[tokio::test]
async fn a_reset_connection_is_reset_and_leaves_the_effect_or_not() {
    let running = region().await;
    for (name, effect, there) in [("before", Effect::ResetBefore, false), ("after", Effect::ResetAfter, true)] {
        running.region().plant(fault("CreateSecret", 1, effect));
        let (pieces, end) = raw(&running, &create(name)).await;
        assert!(pieces.is_empty());
        assert_eq!(end.expect_err("a reset").kind(), ErrorKind::ConnectionReset);
        assert_eq!(kept(&running, name), there);
    }
}

#[tokio::test]
async fn objects_are_reset_too() {
    let running = region().await;
    let mut ask = Ask::new("s3");
    (ask.method, ask.path) = ("PUT", "/a-bucket-of-its-own".to_owned());
    running.region().plant(fault("CreateBucket", 1, Effect::ResetAfter));
    let (_, end) = raw(&running, &ask).await;
    assert_eq!(end.expect_err("a reset").kind(), ErrorKind::ConnectionReset);
    assert!(running.region().world(|world| world.s3.buckets.contains_key("a-bucket-of-its-own")));
}

#[tokio::test]
async fn a_slow_answer_comes() {
    let running = region().await;
    running.region().plant(fault("CreateSecret", 1, Effect::Slow(0.05)));
    let started = Instant::now();
    assert_eq!(create("slow").answer(&running).await.status, 200);
    assert!(started.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_stalled_answer_never_comes_whether_the_call_took_effect_or_not() {
    let running = region().await;
    for (name, effect, there) in [("before", Effect::Stall, false), ("after", Effect::StallAfter, true)] {
        running.region().plant(fault("CreateSecret", 1, effect));
        let stalled = tokio::time::timeout(Duration::from_millis(300), create(name).answer(&running)).await;
        assert!(stalled.is_err());
        assert_eq!(kept(&running, name), there);
        let outcome = format!("stalled {name} effect");
        assert_eq!(running.region().journal.entries().last().map(|entry| entry.outcome.clone()), Some(outcome));
    }
}

#[tokio::test]
async fn an_answer_that_drips_comes_byte_by_byte_and_whole() {
    let running = region().await;
    let ask = Ask::query("sts", "Action=GetCallerIdentity&Version=2011-06-15");
    let (at_once, end) = raw(&running, &ask).await;
    assert!(end.is_ok());
    running.region().plant(fault("GetCallerIdentity", 1, Effect::Drip(1.0)));
    let started = Instant::now();
    let (pieces, end) = raw(&running, &ask).await;
    assert!(end.is_ok());
    assert!(started.elapsed() >= Duration::from_millis(900), "{:?}", started.elapsed());
    let length = |pieces: &[Vec<u8>]| pieces.iter().map(Vec::len).sum::<usize>();
    assert_eq!(length(&pieces), length(&at_once));
    let single = pieces.iter().filter(|piece| piece.len() == 1).count();
    assert!(single > 50, "{single} single bytes in {} pieces", pieces.len());
}
