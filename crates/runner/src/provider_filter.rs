//! The process between Terraform and a provider that shortens the provider's schema. Everything else passes as it is.
//!
//! It is a process of its own, and not a part of the runner, because a Terraform in the middle of an apply must reach its provider
//! even if the runner is killed. Like the guard of the provider (`provider.rs`) it ends when neither the runner nor a Terraform holds
//! the other end of its standard input, and not only with the guard, which can be killed.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use bytes::{Bytes, BytesMut};
use h2::client::SendRequest;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, Request, Response};
use tokio::net::{UnixListener, UnixStream};
use tokio::process::Command;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use crate::error::{Result, RunnerError, with_causes};
use crate::schema_filter::shortened;

/// The methods that answer with the schema, of protocols 5 and 6.
const SCHEMA: [&str; 2] = ["/tfplugin5.Provider/GetSchema", "/tfplugin6.Provider/GetProviderSchema"];
/// Bytes under way at once: schemas have 20 MB, and the other side is on the same machine.
const WINDOW: u32 = 1 << 28;
const FRAME: u32 = 1 << 20;

/// The first argument of a program that is started again to serve a provider.
const ARGUMENT: &str = "serve-provider-to-terraform";

/// The program that can be started again, once it has said so.
static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Serves a provider, if this program was started again to do that. A program calls it before anything else; one that does not
/// still works, only slower, because Terraform then reads the whole schema of the provider.
///
/// It returns the exit code of the program, or none if the program goes on.
pub async fn serve_provider_if_asked() -> Option<ExitCode> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if let [first, provider, socket, names] = arguments.as_slice()
        && first == ARGUMENT
    {
        std::thread::spawn(end_with_the_last_user);
        let ended = serve_provider(Path::new(provider), Path::new(socket), Path::new(names)).await;
        // The guard keeps standard error for whoever waits for the socket.
        drop(ended.map_err(|error| writeln!(std::io::stderr(), "{}", with_causes(&error))));
        return Some(ExitCode::FAILURE);
    }
    if let Ok(program) = std::env::current_exe() {
        PROGRAM.get_or_init(|| program);
    }
    None
}

/// Ends this process when nobody holds the other end of its standard input any more. A failing read says the same.
fn end_with_the_last_user() {
    drop(std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink()));
    std::process::exit(0);
}

/// The command that serves the provider at `provider` at `socket`; none if this program does not do that.
pub(crate) fn command(provider: &Path, socket: &Path, names: &Path) -> Option<Command> {
    let mut command = Command::new(PROGRAM.get()?);
    command.arg(ARGUMENT).args([provider, socket, names]);
    Some(command)
}

/// Serves a provider at another socket, with the part of its schema that a run needs. `names` is a file with the names of the types
/// that the run needs, one per line, which is read for each request.
async fn serve_provider(provider: &Path, socket: &Path, names: &Path) -> Result<()> {
    let listener = UnixListener::bind(socket).map_err(RunnerError::file("listen at", socket))?;
    let shared = Arc::new(Shared { provider: provider.to_owned(), names: names.to_owned(), schema: OnceCell::new() });
    loop {
        let (client, _) = listener.accept().await.map_err(RunnerError::file("accept at", socket))?;
        let shared = shared.clone();
        tokio::spawn(async move {
            // What breaks is the connection of one Terraform, which then says what it could not do.
            if let Ok(provider) = UnixStream::connect(&shared.provider).await {
                drop(serve(client, provider, shared).await);
            }
        });
    }
}

struct Shared {
    provider: PathBuf,
    names: PathBuf,
    /// The provider's answer, which is always the same.
    schema: OnceCell<Schema>,
}

/// An answer with one message.
struct Schema {
    headers: HeaderMap,
    message: Bytes,
    trailers: HeaderMap,
}

/// Serves one Terraform. Its end cancels what it has asked the provider for, as if it were connected to the provider itself.
async fn serve(client: UnixStream, provider: UnixStream, shared: Arc<Shared>) -> Result<(), h2::Error> {
    let mut to_provider = h2::client::Builder::new();
    to_provider.initial_window_size(WINDOW).initial_connection_window_size(WINDOW).max_frame_size(FRAME).enable_push(false);
    let (sender, connection) = to_provider.handshake(provider).await?;
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { drop(connection.await) });
    let mut to_client = h2::server::Builder::new();
    let mut requests = to_client.initial_window_size(WINDOW).initial_connection_window_size(WINDOW).handshake(client).await?;
    while let Some(request) = requests.accept().await {
        let (request, respond) = request?;
        let (sender, shared) = (sender.clone(), shared.clone());
        tasks.spawn(async move { answer(request, respond, sender, &shared).await });
    }
    Ok(())
}

async fn answer(request: Request<RecvStream>, mut respond: SendResponse<Bytes>, sender: SendRequest<Bytes>, shared: &Shared) {
    let done = if SCHEMA.contains(&request.uri().path()) {
        answer_schema(request, &mut respond, sender, shared).await
    } else {
        pass(request, &mut respond, sender).await
    };
    if let Err(error) = done {
        respond.send_reset(error.reason().unwrap_or(Reason::INTERNAL_ERROR));
    }
}

/// Passes a call in both directions.
async fn pass(
    request: Request<RecvStream>,
    respond: &mut SendResponse<Bytes>,
    sender: SendRequest<Bytes>,
) -> Result<(), h2::Error> {
    let (head, body) = request.into_parts();
    let ends = body.is_end_stream();
    let (response, to_provider) = sender.ready().await?.send_request(Request::from_parts(head, ()), ends)?;
    let send = async move { if ends { Ok(()) } else { copy(body, to_provider).await } };
    let receive = async {
        let (head, body) = response.await?.into_parts();
        let ends = body.is_end_stream();
        let to_client = respond.send_response(Response::from_parts(head, ()), ends)?;
        if ends { Ok(()) } else { copy(body, to_client).await.map_err(Broken::error) }
    };
    let (mut send, mut receive) = (std::pin::pin!(send), std::pin::pin!(receive));
    // The answer may be complete before the end of the question has arrived. A provider then wants no more of it, so that what
    // can't be sent to it any more is no failure of the call.
    tokio::select! {
        received = &mut receive => received,
        sent = &mut send => match sent {
            Ok(()) | Err(Broken::To(_)) => receive.await,
            Err(Broken::From(error)) => Err(error),
        },
    }
}

/// The side at which the copy of a stream ended too early.
enum Broken {
    From(h2::Error),
    To(h2::Error),
}

impl Broken {
    fn error(self) -> h2::Error {
        match self {
            Self::From(error) | Self::To(error) => error,
        }
    }
}

async fn copy(mut from: RecvStream, mut to: SendStream<Bytes>) -> Result<(), Broken> {
    while let Some(data) = from.data().await {
        let data = data.map_err(Broken::From)?;
        from.flow_control().release_capacity(data.len()).map_err(Broken::From)?;
        // The end stays with the last data: a provider answers as soon as it has a message, and resets a stream without an end.
        let ends = from.is_end_stream();
        to.send_data(data, ends).map_err(Broken::To)?;
        if ends {
            return Ok(());
        }
    }
    match from.trailers().await.map_err(Broken::From)? {
        Some(trailers) => to.send_trailers(trailers),
        None => to.send_data(Bytes::new(), true),
    }
    .map_err(Broken::To)
}

async fn answer_schema(
    request: Request<RecvStream>,
    respond: &mut SendResponse<Bytes>,
    sender: SendRequest<Bytes>,
    shared: &Shared,
) -> Result<(), h2::Error> {
    let schema = shared.schema.get_or_try_init(|| ask(request, sender)).await?;
    let mut head = Response::new(());
    *head.headers_mut() = schema.headers.clone();
    let mut to_client = respond.send_response(head, false)?;
    // Without names the client gets the whole message, which is right, only longer.
    let names = std::fs::read_to_string(&shared.names).ok();
    let short = names.and_then(|names| shortened(&schema.message, &names.lines().collect()));
    to_client.send_data(short.map_or_else(|| schema.message.clone(), Bytes::from), false)?;
    to_client.send_trailers(schema.trailers.clone())
}

/// The provider's own answer.
async fn ask(request: Request<RecvStream>, sender: SendRequest<Bytes>) -> Result<Schema, h2::Error> {
    let (head, mut body) = request.into_parts();
    let question = whole(&mut body).await?;
    let (response, mut to_provider) = sender.ready().await?.send_request(Request::from_parts(head, ()), false)?;
    to_provider.send_data(question, true)?;
    let (head, mut body) = response.await?.into_parts();
    let message = whole(&mut body).await?;
    let trailers = body.trailers().await?.unwrap_or_default();
    if trailers.get("grpc-status").is_none_or(|status| status != "0") {
        return Err(Reason::REFUSED_STREAM.into());
    }
    Ok(Schema { headers: head.headers, message, trailers })
}

async fn whole(body: &mut RecvStream) -> Result<Bytes, h2::Error> {
    let mut content = BytesMut::new();
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        content.extend_from_slice(&data);
    }
    Ok(content.freeze())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderValue;

    use super::*;

    /// Two types of resources, `a` and `b`: entries of field 2, whose field 1 is the name.
    const RESPONSE: &[u8] = b"\x12\x03\x0a\x01a\x12\x03\x0a\x01b";

    fn message(content: &[u8]) -> Bytes {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [[0].as_slice(), &length, content].concat().into()
    }

    fn ok() -> HeaderMap {
        HeaderMap::from_iter([(http::HeaderName::from_static("grpc-status"), HeaderValue::from_static("0"))])
    }

    /// A provider that tells its schema, and repeats the question of any other call. `/hang` never ends; `/early` is answered and
    /// reset as soon as there is some of the question, as gRPC for Go does.
    async fn provider(listener: UnixListener, cancelled: tokio::sync::mpsc::Sender<()>) {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let cancelled = cancelled.clone();
            tokio::spawn(async move {
                let mut requests = h2::server::handshake(stream).await.unwrap();
                while let Some(Ok((request, mut respond))) = requests.accept().await {
                    let cancelled = cancelled.clone();
                    tokio::spawn(async move {
                        let path = request.uri().path().to_owned();
                        if path == "/early" {
                            let question = request.into_body().data().await.unwrap().unwrap();
                            let mut to_client = respond.send_response(Response::new(()), false).unwrap();
                            to_client.send_data(question, false).unwrap();
                            // What is let go before the question has ended is reset, without an error.
                            return to_client.send_trailers(ok()).unwrap();
                        }
                        let question = whole(&mut request.into_body()).await.unwrap();
                        if path == "/hang" {
                            std::future::poll_fn(|context| respond.poll_reset(context)).await.ok();
                            return cancelled.send(()).await.unwrap();
                        }
                        let mut to_client = respond.send_response(Response::new(()), false).unwrap();
                        let schema = SCHEMA.contains(&path.as_str());
                        to_client.send_data(if schema { message(RESPONSE) } else { question }, false).unwrap();
                        to_client.send_trailers(ok()).unwrap();
                    });
                }
            });
        }
    }

    async fn call(socket: &Path, path: &str, question: &'static [u8]) -> (Bytes, HeaderMap) {
        let stream = UnixStream::connect(socket).await.unwrap();
        let (sender, connection) = h2::client::handshake(stream).await.unwrap();
        let connection = tokio::spawn(connection);
        let request = Request::post(format!("http://x{path}")).body(()).unwrap();
        let (response, mut stream) = sender.ready().await.unwrap().send_request(request, false).unwrap();
        stream.send_data(Bytes::from_static(question), false).unwrap();
        tokio::task::yield_now().await;
        // An early answer may have closed it.
        stream.send_data(Bytes::new(), true).ok();
        let mut body = response.await.unwrap().into_body();
        let answer = (whole(&mut body).await.unwrap(), body.trailers().await.unwrap().unwrap_or_default());
        connection.abort();
        answer
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn the_schema_is_short_and_everything_else_passes() {
        let folder = tempfile::tempdir().unwrap();
        let [real, socket, names] = ["real", "socket", "names"].map(|name| folder.path().join(name));
        let (sender, mut cancelled) = tokio::sync::mpsc::channel(1);
        tokio::spawn(provider(UnixListener::bind(&real).unwrap(), sender));
        {
            let (real, socket, names) = (real.clone(), socket.clone(), names.clone());
            tokio::spawn(async move { serve_provider(&real, &socket, &names).await.unwrap() });
        }
        while !socket.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let (whole, trailers) = call(&socket, SCHEMA[0], b"").await;
        assert_eq!((whole, trailers), (message(RESPONSE), ok()), "no names are known yet");
        for (name, kept) in [("a", &RESPONSE[..5]), ("b", &RESPONSE[5..])] {
            std::fs::write(&names, format!("{name}\nother\n")).unwrap();
            assert_eq!(call(&socket, SCHEMA[0], b"").await.0, message(kept), "{name}");
        }
        let (echo, trailers) = call(&socket, "/tfplugin5.Provider/PlanResourceChange", b"question").await;
        assert_eq!((echo, trailers), (Bytes::from_static(b"question"), ok()));

        // Also if the provider has answered before it knows where the question ends.
        for _ in 0..1000 {
            let (echo, trailers) = call(&socket, "/early", b"question").await;
            assert_eq!((echo, trailers), (Bytes::from_static(b"question"), ok()));
        }

        // The end of a Terraform cancels what it asked for.
        let hanging = tokio::spawn(async move { call(&socket, "/hang", b"").await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        hanging.abort();
        tokio::time::timeout(Duration::from_secs(60), cancelled.recv()).await.unwrap().unwrap();
    }
}
