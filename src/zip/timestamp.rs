//! MS-DOS timestamps, as ZIP headers have them (4.4.6).

use std::fmt;

const DAY: i64 = 86_400;

/// Days from 1970-01-01 to 1980-01-01.
const DAYS_TO_1980: i64 = 3652;

/// A time in steps of two seconds, 1980 to 2107.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timestamp {
    pub(super) date: u16,
    pub(super) time: u16,
}

impl Timestamp {
    /// 1980-01-01 00:00:00, the earliest.
    pub const EPOCH: Self = Self::new((1980, 1, 1), (0, 0, 0));
    /// 2107-12-31 23:59:58, the latest.
    pub(super) const LAST: Self = Self::new((2107, 12, 31), (23, 59, 58));

    /// Returns the timestamp of a year, month, day and hour, minute, second.
    pub(super) const fn new(
        (year, month, day): (u16, u16, u16),
        (hour, minute, second): (u16, u16, u16),
    ) -> Self {
        Self {
            date: (year - 1980) << 9 | month << 5 | day,
            time: hour << 11 | minute << 5 | (second / 2),
        }
    }

    /// Returns the UTC time of seconds since 1970, clipped to the range of ZIP.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        let Ok(days) = u64::try_from(seconds.div_euclid(DAY) - DAYS_TO_1980) else {
            return Self::EPOCH;
        };
        let Some(date) = date_of(days) else { return Self::LAST };
        // At most 86,399.
        let second = u16::try_from(seconds.rem_euclid(DAY) / 2).unwrap_or_default();
        Self::new(date, (second / 1800, second / 30 % 60, second % 30 * 2))
    }
}

impl fmt::Display for Timestamp {
    /// Writes the time as RFC 3339 does: `1980-01-01T00:00:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, time } = self;
        let (year, month, day) = (1980 + (date >> 9), date >> 5 & 0xF, date & 0x1F);
        let (hour, minute, second) = (time >> 11, time >> 5 & 0x3F, (time & 0x1F) * 2);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Returns the year, month and day that is `days` after 1980-01-01; `None` after 2107.
fn date_of(mut days: u64) -> Option<(u16, u16, u16)> {
    for year in 1980..=2107 {
        // Of the years that 100 divides only 2000 is in this range and has a leap day.
        let february = if year % 4 == 0 && year != 2100 { 29 } else { 28 };
        for (month, length) in (1..).zip([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
            if days < length {
                return Some((year, month, u16::try_from(days + 1).ok()?));
            }
            days -= length;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_clipped_to_the_range_of_zip() {
        let cases = [
            (i64::MIN, Timestamp::EPOCH),
            (-1, Timestamp::EPOCH),
            (0, Timestamp::EPOCH),
            (315_532_799, Timestamp::EPOCH),
            (315_532_800, Timestamp::EPOCH),
            (315_532_802, Timestamp { date: 0x0021, time: 1 }),
            (1_795_343_697, Timestamp::new((2026, 11, 22), (10, 34, 56))),
            (4_354_819_198, Timestamp::LAST),
            (4_354_819_200, Timestamp::LAST),
            (i64::MAX, Timestamp::LAST),
        ];
        for (seconds, expected) in cases {
            assert_eq!(Timestamp::from_unix(seconds), expected, "{seconds}");
        }
        assert_eq!(Timestamp::EPOCH.to_string(), "1980-01-01T00:00:00Z");
        let text = Timestamp::from_unix(1_795_343_697).to_string();
        assert_eq!(text, "2026-11-22T10:34:56Z");
        assert_eq!(Timestamp::LAST.to_string(), "2107-12-31T23:59:58Z");
    }

    /// Returns the days from 1970-01-01 to a date of the Gregorian calendar, by a formula (Hinnant, "chrono-compatible
    /// low-level date algorithms").
    fn days_from_civil((year, month, day): (u16, u16, u16)) -> i64 {
        let (month, day) = (i64::from(month), i64::from(day));
        let year = i64::from(year) - i64::from(month <= 2);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
    }

    #[test]
    fn every_day_has_its_date() {
        let mut count = 0;
        for days in 0.. {
            let Some(date) = date_of(days) else { break };
            assert_eq!(days_from_civil(date) - DAYS_TO_1980, count, "{date:?}");
            count += 1;
        }
        // 128 years with 31 leap days.
        assert_eq!(count, 128 * 365 + 31);
    }
}
