//! Questions to addresses through WinHTTP, which is what the sensor uses.

use core::ffi::c_void;
use core::ptr::{null, null_mut};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use gangway_contract::connectivity::{Answer, Chain, Reply};
use windows_sys::Win32::Networking::WinHttp::{
    SECURITY_FLAG_IGNORE_CERT_CN_INVALID, SECURITY_FLAG_IGNORE_CERT_DATE_INVALID,
    SECURITY_FLAG_IGNORE_CERT_WRONG_USAGE, SECURITY_FLAG_IGNORE_UNKNOWN_CA,
    WINHTTP_ACCESS_TYPE_NAMED_PROXY, WINHTTP_ACCESS_TYPE_NO_PROXY, WINHTTP_DISABLE_AUTHENTICATION,
    WINHTTP_DISABLE_COOKIES, WINHTTP_DISABLE_REDIRECTS, WINHTTP_FLAG_SECURE,
    WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2, WINHTTP_OPTION_DISABLE_FEATURE,
    WINHTTP_OPTION_SECURE_PROTOCOLS, WINHTTP_OPTION_SECURITY_FLAGS,
    WINHTTP_OPTION_SERVER_CERT_CONTEXT, WINHTTP_QUERY_FLAG_NUMBER, WINHTTP_QUERY_STATUS_CODE,
};
use windows_sys::Win32::Security::Cryptography::CERT_CONTEXT;

use super::loader::system_function;
use super::{connection, last_error, server_certificate, wide};
use crate::machine::Question;

/// Addresses asked at once.
const AT_ONCE: usize = 8;

/// Time for one stage (name, connection, sending, answer) in milliseconds.
const STAGE_MS: i32 = 8_000;

system_function! {
    fn WinHttpOpen(agent: *const u16, access: u32, proxy: *const u16, bypass: *const u16, flags: u32) -> *mut c_void = "winhttp.dll"
}
system_function! {
    fn WinHttpSetTimeouts(handle: *mut c_void, resolve: i32, connect: i32, send: i32, receive: i32) -> i32 = "winhttp.dll"
}
system_function! {
    fn WinHttpSetOption(handle: *mut c_void, option: u32, value: *const c_void, size: u32) -> i32 = "winhttp.dll"
}
system_function! {
    fn WinHttpConnect(session: *mut c_void, host: *const u16, port: u16, reserved: u32) -> *mut c_void = "winhttp.dll"
}
system_function! {
    fn WinHttpOpenRequest(connection: *mut c_void, verb: *const u16, path: *const u16, version: *const u16, referrer: *const u16, types: *const *const u16, flags: u32) -> *mut c_void = "winhttp.dll"
}
system_function! {
    fn WinHttpSendRequest(request: *mut c_void, headers: *const u16, headers_length: u32, body: *const c_void, body_length: u32, total_length: u32, context: usize) -> i32 = "winhttp.dll"
}
system_function! {
    fn WinHttpReceiveResponse(request: *mut c_void, reserved: *mut c_void) -> i32 = "winhttp.dll"
}
system_function! {
    fn WinHttpQueryHeaders(request: *mut c_void, what: u32, name: *const u16, value: *mut c_void, size: *mut u32, index: *mut u32) -> i32 = "winhttp.dll"
}
system_function! {
    fn WinHttpQueryOption(handle: *mut c_void, option: u32, value: *mut c_void, size: *mut u32) -> i32 = "winhttp.dll"
}
system_function! {
    fn WinHttpCloseHandle(handle: *mut c_void) -> i32 = "winhttp.dll"
}

/// Asks all, some at once. A question that does not come back in time is left behind: the
/// program ends soon, and the system's client has limits of its own.
pub(super) fn ask(questions: &[Question], limit_s: u32) -> Vec<Answer> {
    let end = Instant::now() + Duration::from_secs(u64::from(limit_s));
    let mut answers = Vec::with_capacity(questions.len());
    for some in questions.chunks(AT_ONCE) {
        let waiting: Vec<_> = some
            .iter()
            .map(|question| {
                let (sender, receiver) = mpsc::channel();
                let asked = question.clone();
                let thread = thread::Builder::new().spawn(move || {
                    // Nobody waits for it any more when this fails.
                    let _ = sender.send(ask_one(&asked));
                });
                let limit = Duration::from_secs(u64::from(question.limit_s));
                (thread.is_ok(), receiver, (Instant::now() + limit).min(end))
            })
            .collect();
        for (started, receiver, until) in waiting {
            let left = until.saturating_duration_since(Instant::now());
            answers.push(match receiver.recv_timeout(left) {
                Ok(answer) => answer,
                Err(_) if started => without_chain(Reply::NoneInTime),
                Err(_) => without_chain(Reply::NotAsked("no thread can be started".to_owned())),
            });
        }
    }
    answers
}

fn without_chain(reply: Reply) -> Answer {
    Answer {
        reply,
        chain: None,
        below: None,
    }
}

/// Asks once as the product does. Where that fails without a certificate, asks once more and
/// lets every certificate pass, only to see which one it is, and looks below.
fn ask_one(question: &Question) -> Answer {
    let Some(address) = Address::parse(&question.url) else {
        return without_chain(Reply::NotAsked("the address is malformed".to_owned()));
    };
    let first = exchange(&address, question, Certificates::Judge);
    let failed = matches!(first.reply, Reply::Failed(_));
    if !failed || first.chain.is_some() {
        return first;
    }
    let chain = if address.secure {
        exchange(&address, question, Certificates::LetPass).chain
    } else {
        None
    };
    let below = if chain.is_none() {
        connection::look(
            &address.host,
            address.port,
            address.secure,
            question.proxy.as_deref(),
        )
    } else {
        None
    };
    Answer {
        reply: first.reply,
        chain,
        below,
    }
}

/// What happens with the server's certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Certificates {
    /// Windows judges it.
    Judge,
    /// Every one is taken, to be looked at. Nothing is sent that is worth hiding, and the
    /// status is not used.
    LetPass,
}

fn exchange(address: &Address, question: &Question, certificates: Certificates) -> Answer {
    let mut chain = None;
    let reply = match try_exchange(address, question, certificates, &mut chain) {
        Some(Ok(status)) => Reply::Status(status),
        Some(Err(code)) => Reply::Failed(code),
        None => Reply::NotAsked("`winhttp.dll` cannot be loaded".to_owned()),
    };
    Answer {
        reply,
        chain,
        below: None,
    }
}

/// A WinHTTP handle that is closed at the end.
struct Handle(*mut c_void);

impl Handle {
    fn new(raw: *mut c_void) -> Result<Self, u32> {
        if raw.is_null() {
            Err(last_error())
        } else {
            Ok(Self(raw))
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Some(close) = WinHttpCloseHandle() {
            // SAFETY: the handle is owned by this value and closed once.
            unsafe { close(self.0) };
        }
    }
}

/// The HTTP status or a code; none when this Windows has no such client.
fn try_exchange(
    address: &Address,
    question: &Question,
    certificates: Certificates,
    chain: &mut Option<Chain>,
) -> Option<Result<u16, u32>> {
    let (open, connect, open_request) = (WinHttpOpen()?, WinHttpConnect()?, WinHttpOpenRequest()?);
    let (send, receive, headers) = (
        WinHttpSendRequest()?,
        WinHttpReceiveResponse()?,
        WinHttpQueryHeaders()?,
    );
    let done = || {
        let agent = wide("Gangway connectivity check");
        let proxy = question.proxy.as_deref().map(wide);
        let access = match proxy {
            Some(_) => WINHTTP_ACCESS_TYPE_NAMED_PROXY,
            None => WINHTTP_ACCESS_TYPE_NO_PROXY,
        };
        let name = proxy.as_ref().map_or(null(), Vec::as_ptr);
        // SAFETY: the texts end with a zero and outlive the call.
        let session = Handle::new(unsafe { open(agent.as_ptr(), access, name, null(), 0) })?;
        set_up(&session);
        let host = wide(&address.host);
        // SAFETY: the session is open, the text ends with a zero.
        let connection =
            Handle::new(unsafe { connect(session.0, host.as_ptr(), address.port, 0) })?;
        let (verb, path) = (wide("GET"), wide(&address.path));
        let flags = if address.secure {
            WINHTTP_FLAG_SECURE
        } else {
            0
        };
        // SAFETY: the connection is open; the texts end with a zero; nothing else is given.
        let request = Handle::new(unsafe {
            open_request(
                connection.0,
                verb.as_ptr(),
                path.as_ptr(),
                null(),
                null(),
                null(),
                flags,
            )
        })?;
        set_number(
            &request,
            WINHTTP_OPTION_DISABLE_FEATURE,
            WINHTTP_DISABLE_REDIRECTS | WINHTTP_DISABLE_COOKIES | WINHTTP_DISABLE_AUTHENTICATION,
        );
        if certificates == Certificates::LetPass {
            set_number(
                &request,
                WINHTTP_OPTION_SECURITY_FLAGS,
                SECURITY_FLAG_IGNORE_UNKNOWN_CA
                    | SECURITY_FLAG_IGNORE_CERT_DATE_INVALID
                    | SECURITY_FLAG_IGNORE_CERT_CN_INVALID
                    | SECURITY_FLAG_IGNORE_CERT_WRONG_USAGE,
            );
        }
        // SAFETY: the request is open; it has neither headers nor a body.
        let sent = unsafe { send(request.0, null(), 0, null(), 0, 0, 0) };
        if sent == 0 {
            let code = last_error();
            *chain = chain_of(&request);
            return Err(code);
        }
        *chain = chain_of(&request);
        // SAFETY: the request was sent.
        if unsafe { receive(request.0, null_mut()) } == 0 {
            return Err(last_error());
        }
        if chain.is_none() {
            *chain = chain_of(&request);
        }
        let (mut status, mut size) = (0_u32, 4_u32);
        // SAFETY: a number is asked for, and its size is that of the local.
        let read = unsafe {
            headers(
                request.0,
                WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER,
                null(),
                (&raw mut status).cast(),
                &mut size,
                null_mut(),
            )
        };
        if read == 0 {
            return Err(last_error());
        }
        Ok(u16::try_from(status).unwrap_or(0))
    };
    let mut done = done;
    Some(done())
}

/// Limits, and TLS 1.2: Windows before Server 2012 R2 does not offer it by itself, and the
/// service takes nothing older.
fn set_up(session: &Handle) {
    if let Some(set) = WinHttpSetTimeouts() {
        // SAFETY: the session is open.
        unsafe { set(session.0, STAGE_MS, STAGE_MS, STAGE_MS, STAGE_MS) };
    }
    set_number(
        session,
        WINHTTP_OPTION_SECURE_PROTOCOLS,
        WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2,
    );
}

/// Sets an option; a Windows that does not know it goes on with its default.
fn set_number(handle: &Handle, option: u32, value: u32) {
    if let Some(set) = WinHttpSetOption() {
        // SAFETY: the handle is open; the size is that of the local.
        unsafe { set(handle.0, option, (&raw const value).cast(), 4) };
    }
}

/// Certificates that the server showed; none when there was no TLS.
fn chain_of(request: &Handle) -> Option<Chain> {
    let query = WinHttpQueryOption()?;
    let mut context: *const CERT_CONTEXT = null();
    let mut size = u32::try_from(size_of::<*const CERT_CONTEXT>()).unwrap_or(0);
    // SAFETY: the request is open; a pointer is asked for, and its size is that of the local.
    let read = unsafe {
        query(
            request.0,
            WINHTTP_OPTION_SERVER_CERT_CONTEXT,
            (&raw mut context).cast(),
            &mut size,
        )
    };
    if read == 0 || context.is_null() {
        return None;
    }
    // SAFETY: the call succeeded: the context is valid and ours to free.
    unsafe { server_certificate::chain(context) }
}

/// An address in its parts.
struct Address {
    secure: bool,
    host: String,
    port: u16,
    path: String,
}

impl Address {
    fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let secure = match scheme {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, if secure { 443 } else { 80 }),
        };
        (!host.is_empty()).then(|| Self {
            secure,
            host: host.to_owned(),
            port,
            path: path.to_owned(),
        })
    }
}
