//! Archives written byte by byte, so that each can lie in one place.

use std::io::Write as _;

/// One entry as it is written; the lies are in the fields.
pub(super) struct Made {
    pub(super) name: Vec<u8>,
    pub(super) local_name: Option<Vec<u8>>,
    pub(super) data: Vec<u8>,
    pub(super) size: u32,
    pub(super) crc: u32,
    pub(super) method: u16,
    pub(super) flags: u16,
    pub(super) made_by: u16,
    pub(super) attributes: u32,
    /// Shares the header of an earlier entry instead of writing its own.
    pub(super) header_of: Option<usize>,
}

impl Made {
    pub(super) fn stored(name: &str, data: &[u8]) -> Self {
        Self {
            name: name.as_bytes().to_vec(),
            local_name: None,
            data: data.to_vec(),
            size: u32::try_from(data.len()).unwrap(),
            crc: crc(data),
            method: 0,
            flags: 0,
            made_by: 0,
            attributes: 0,
            header_of: None,
        }
    }

    pub(super) fn deflated(name: &str, data: &[u8]) -> Self {
        let mut encoder =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(data).unwrap();
        Self {
            size: u32::try_from(data.len()).unwrap(),
            crc: crc(data),
            method: 8,
            ..Self::stored(name, &encoder.finish().unwrap())
        }
    }
}

fn crc(data: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(data);
    crc.sum()
}

pub(super) fn archive(entries: &[Made]) -> Vec<u8> {
    archive_with_end(entries, |end| end)
}

/// Writes an archive; `change` may alter the 22 bytes of the end record.
pub(super) fn archive_with_end(entries: &[Made], change: impl Fn([u8; 22]) -> [u8; 22]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut headers = Vec::new();
    for entry in entries {
        if let Some(earlier) = entry.header_of {
            headers.push(headers[earlier]);
            continue;
        }
        headers.push(u32::try_from(out.len()).unwrap());
        let name = entry.local_name.as_ref().unwrap_or(&entry.name);
        out.extend(b"PK\x03\x04\x14\x00");
        out.extend(entry.flags.to_le_bytes());
        out.extend(entry.method.to_le_bytes());
        out.extend([0; 4]);
        out.extend(entry.crc.to_le_bytes());
        out.extend(u32::try_from(entry.data.len()).unwrap().to_le_bytes());
        out.extend(entry.size.to_le_bytes());
        out.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        out.extend([0; 2]);
        out.extend(name);
        out.extend(&entry.data);
    }
    let start = u32::try_from(out.len()).unwrap();
    for (entry, header) in entries.iter().zip(&headers) {
        out.extend(b"PK\x01\x02");
        out.extend(entry.made_by.to_le_bytes());
        out.extend([20, 0]);
        out.extend(entry.flags.to_le_bytes());
        out.extend(entry.method.to_le_bytes());
        out.extend([0; 4]);
        out.extend(entry.crc.to_le_bytes());
        out.extend(u32::try_from(entry.data.len()).unwrap().to_le_bytes());
        out.extend(entry.size.to_le_bytes());
        out.extend(u16::try_from(entry.name.len()).unwrap().to_le_bytes());
        out.extend([0; 8]);
        out.extend(entry.attributes.to_le_bytes());
        out.extend(header.to_le_bytes());
        out.extend(&entry.name);
    }
    let size = u32::try_from(out.len()).unwrap() - start;
    let count = u16::try_from(entries.len().min(0xFFFF)).unwrap();
    let mut end = [0; 22];
    end[..4].copy_from_slice(b"PK\x05\x06");
    end[8..10].copy_from_slice(&count.to_le_bytes());
    end[10..12].copy_from_slice(&count.to_le_bytes());
    end[12..16].copy_from_slice(&size.to_le_bytes());
    end[16..20].copy_from_slice(&start.to_le_bytes());
    out.extend(change(end));
    out
}

/// Puts ZIP64 records before the end record; `change` may alter the 56 bytes.
pub(super) fn zip64(plain: &[u8], count: u64, change: impl Fn([u8; 56]) -> [u8; 56]) -> Vec<u8> {
    let (body, end) = plain.split_at(plain.len() - 22);
    let size = u32::from_le_bytes(end[12..16].try_into().unwrap());
    let offset = u32::from_le_bytes(end[16..20].try_into().unwrap());
    let mut record = [0; 56];
    record[..4].copy_from_slice(b"PK\x06\x06");
    record[4..12].copy_from_slice(&44u64.to_le_bytes());
    record[24..32].copy_from_slice(&count.to_le_bytes());
    record[32..40].copy_from_slice(&count.to_le_bytes());
    record[40..48].copy_from_slice(&u64::from(size).to_le_bytes());
    record[48..56].copy_from_slice(&u64::from(offset).to_le_bytes());
    let mut out = body.to_vec();
    let record_at = out.len() as u64;
    out.extend(change(record));
    out.extend(b"PK\x06\x07\0\0\0\0");
    out.extend(record_at.to_le_bytes());
    out.extend([1, 0, 0, 0]);
    out.extend(end);
    out
}
