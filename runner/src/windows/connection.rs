//! A look below HTTP: does the name resolve, does the port answer, what does the proxy say to
//! `CONNECT`? WinHTTP has one code for several of these.

use core::ptr::null_mut;
use std::time::{Duration, Instant};

use gangway_contract::connectivity::Below;
use windows_sys::Win32::Networking::WinSock::{
    ADDRINFOW, FD_SET, FIONBIO, INVALID_SOCKET, IPPROTO_TCP, SO_ERROR, SOCK_STREAM, SOCKADDR,
    SOCKET, SOL_SOCKET, TIMEVAL, WSADATA, WSAETIMEDOUT,
};

use super::loader::system_function;
use super::wide;

/// Time for all of it.
const LIMIT: Duration = Duration::from_secs(8);

/// Addresses of a name that are tried.
const ADDRESSES: usize = 4;

/// Longest head of a proxy's answer that is read, in bytes.
const LONGEST_HEAD: usize = 1024;

system_function! {
    fn WSAStartup(version: u16, data: *mut WSADATA) -> i32 = "ws2_32.dll"
}
system_function! {
    fn GetAddrInfoW(name: *const u16, service: *const u16, hints: *const ADDRINFOW, result: *mut *mut ADDRINFOW) -> i32 = "ws2_32.dll"
}
system_function! {
    fn FreeAddrInfoW(result: *const ADDRINFOW) -> () = "ws2_32.dll"
}
system_function! {
    fn socket(family: i32, kind: i32, protocol: i32) -> SOCKET = "ws2_32.dll"
}
system_function! {
    fn ioctlsocket(socket: SOCKET, command: i32, value: *mut u32) -> i32 = "ws2_32.dll"
}
system_function! {
    fn connect(socket: SOCKET, address: *const SOCKADDR, length: i32) -> i32 = "ws2_32.dll"
}
system_function! {
    fn select(count: i32, read: *mut FD_SET, write: *mut FD_SET, failed: *mut FD_SET, timeout: *const TIMEVAL) -> i32 = "ws2_32.dll"
}
system_function! {
    fn getsockopt(socket: SOCKET, level: i32, option: i32, value: *mut u8, size: *mut i32) -> i32 = "ws2_32.dll"
}
system_function! {
    fn send(socket: SOCKET, bytes: *const u8, length: i32, flags: i32) -> i32 = "ws2_32.dll"
}
system_function! {
    fn recv(socket: SOCKET, bytes: *mut u8, length: i32, flags: i32) -> i32 = "ws2_32.dll"
}
system_function! {
    fn closesocket(socket: SOCKET) -> i32 = "ws2_32.dll"
}

/// Looks. None when this Windows has no sockets.
pub(super) fn look(host: &str, port: u16, secure: bool, proxy: Option<&str>) -> Option<Below> {
    let end = Instant::now() + LIMIT;
    let mut data = WSADATA::default();
    // SAFETY: version 2.2; the data is written to a local.
    if unsafe { WSAStartup()?(0x0202, &mut data) } != 0 {
        return None;
    }
    let (peer, peer_port) = match proxy {
        // WinHTTP's own default for a proxy without a port.
        Some(proxy) => match proxy.rsplit_once(':') {
            Some((name, port)) => (name, port.parse().ok()?),
            None => (proxy, 80),
        },
        None => (host, port),
    };
    let connected = match connect_to(peer, peer_port, end)? {
        Ok(connected) => connected,
        Err(below) => return Some(below),
    };
    match proxy {
        Some(_) if secure => Some(ask_tunnel(&connected, host, port, end)),
        _ => Some(Below::Open),
    }
}

/// A socket that is closed at the end.
struct Connected(SOCKET);

impl Drop for Connected {
    fn drop(&mut self) {
        if let Some(close) = closesocket() {
            // SAFETY: the socket is owned by this value and closed once.
            unsafe { close(self.0) };
        }
    }
}

fn connect_to(name: &str, port: u16, end: Instant) -> Option<Result<Connected, Below>> {
    let (resolve, free) = (GetAddrInfoW()?, FreeAddrInfoW()?);
    let (name, service) = (wide(name), wide(&port.to_string()));
    let hints = ADDRINFOW {
        ai_socktype: SOCK_STREAM,
        ai_protocol: IPPROTO_TCP,
        ..Default::default()
    };
    let mut found: *mut ADDRINFOW = null_mut();
    // SAFETY: the texts end with a zero; the result is written to a local.
    let code = unsafe { resolve(name.as_ptr(), service.as_ptr(), &hints, &mut found) };
    if code != 0 || found.is_null() {
        return Some(Err(Below::NameNotResolved));
    }
    let mut result = Err(Below::TimedOut);
    let mut entry: *const ADDRINFOW = found;
    for _ in 0..ADDRESSES {
        // SAFETY: the list is not freed yet; its last entry points to nothing.
        let Some(address) = (unsafe { entry.as_ref() }) else {
            break;
        };
        match try_address(address, end) {
            Some(Ok(connected)) => {
                result = Ok(connected);
                break;
            }
            Some(Err(below)) => result = Err(below),
            None => break,
        }
        entry = address.ai_next;
    }
    // SAFETY: the list is the one that was found, freed once.
    unsafe { free(found) };
    Some(result)
}

fn try_address(address: &ADDRINFOW, end: Instant) -> Option<Result<Connected, Below>> {
    // SAFETY: plain numbers.
    let raw = unsafe { socket()?(address.ai_family, address.ai_socktype, address.ai_protocol) };
    if raw == INVALID_SOCKET {
        return None;
    }
    let connected = Connected(raw);
    let mut non_blocking = 1;
    // SAFETY: the socket is open; the address is that of the entry with its length. A
    // connection that is under way shows in the wait below.
    unsafe {
        ioctlsocket()?(raw, FIONBIO, &mut non_blocking);
        connect()?(
            raw,
            address.ai_addr,
            i32::try_from(address.ai_addrlen).ok()?,
        );
    }
    if !ready(raw, Wait::Connected, end) {
        return Some(Err(Below::TimedOut));
    }
    let (mut error, mut size) = (0_i32, 4_i32);
    // SAFETY: a number is asked for, and its size is that of the local.
    unsafe {
        getsockopt()?(
            raw,
            SOL_SOCKET,
            SO_ERROR,
            (&raw mut error).cast(),
            &mut size,
        )
    };
    Some(match error {
        0 => Ok(connected),
        WSAETIMEDOUT => Err(Below::TimedOut),
        code => Err(Below::Refused(u32::try_from(code).unwrap_or(0))),
    })
}

/// What a socket is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    Connected,
    Readable,
}

/// Waits until the socket is ready or has failed; false at the end of the time.
fn ready(socket: SOCKET, wait: Wait, end: Instant) -> bool {
    let Some(select) = select() else {
        return false;
    };
    let left = end.saturating_duration_since(Instant::now());
    let timeout = TIMEVAL {
        tv_sec: i32::try_from(left.as_secs()).unwrap_or(0),
        tv_usec: i32::try_from(left.subsec_micros()).unwrap_or(0),
    };
    let mut ready = FD_SET {
        fd_count: 1,
        ..Default::default()
    };
    ready.fd_array[0] = socket;
    let mut failed = ready;
    let ready: *mut FD_SET = &mut ready;
    let (read, write) = match wait {
        Wait::Connected => (null_mut(), ready),
        Wait::Readable => (ready, null_mut()),
    };
    // SAFETY: the sets hold one open socket and outlive the call.
    unsafe { select(0, read, write, &mut failed, &timeout) > 0 }
}

/// What the proxy says to `CONNECT`.
fn ask_tunnel(connected: &Connected, host: &str, port: u16, end: Instant) -> Below {
    let request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n");
    let length = i32::try_from(request.len()).unwrap_or(0);
    let (Some(send), Some(recv)) = (send(), recv()) else {
        return Below::ProxySilent;
    };
    // SAFETY: the socket is open; the length is that of the text.
    if unsafe { send(connected.0, request.as_ptr(), length, 0) } != length {
        return Below::ProxySilent;
    }
    let mut head = Vec::new();
    while head.len() < LONGEST_HEAD && ready(connected.0, Wait::Readable, end) {
        let mut bytes = [0_u8; 256];
        // SAFETY: the socket is open; the length is that of the buffer.
        let count = unsafe { recv(connected.0, bytes.as_mut_ptr(), 256, 0) };
        let Some(read) = usize::try_from(count).ok().filter(|count| *count > 0) else {
            break;
        };
        head.extend_from_slice(bytes.get(..read).unwrap_or_default());
        if let Some(status) = crate::connectivity::status_of(&head) {
            return match status {
                200..=299 => Below::Open,
                status => Below::ProxyStatus(status),
            };
        }
    }
    Below::ProxySilent
}
