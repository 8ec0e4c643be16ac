//! The words that seeded data is made of.

pub(in crate::servicetitan) const FIRST_NAMES: &[&str] = &[
    "Maria", "James", "Aisha", "Robert", "Linh", "Carlos", "Susan", "Dmitri", "Grace", "Hiroshi",
    "Olivia", "Noah", "Priya", "Ethan", "Chloé", "Mateo", "Fatima", "Liam", "Zoë", "Andre",
    "Ingrid", "Kwame", "Renée", "Tomasz", "Yara", "Patrick", "Björn", "Nadia", "Owen", "Lucía",
];

pub(in crate::servicetitan) const LAST_NAMES: &[&str] = &[
    "Smith",
    "Garcia",
    "Nguyen",
    "Johnson",
    "O'Brien",
    "Kowalski",
    "Patel",
    "Müller",
    "Tremblay",
    "Williams",
    "Okafor",
    "Tanaka",
    "Brown",
    "Lefèvre",
    "Rossi",
    "Hernández",
    "MacDonald",
    "Lee",
    "Van der Berg",
    "Sørensen",
    "Khan",
    "Jones",
    "D'Angelo",
    "Novák",
    "Yılmaz",
    "Clark",
    "Singh",
    "Peña",
    "Walker",
    "Schmidt",
];

pub(in crate::servicetitan) const COMPANY_STARTS: &[&str] = &[
    "Lone Star",
    "Maple",
    "Riverside",
    "Summit",
    "Blue Heron",
    "Cedar Ridge",
    "Pioneer",
    "Harbour",
    "Golden Gate",
    "North Shore",
    "Prairie",
    "Evergreen",
    "Silver Lake",
    "Copper Canyon",
    "Union",
];

pub(in crate::servicetitan) const COMPANY_MIDDLES: &[&str] = &[
    "Property Management",
    "Dental",
    "Bakery",
    "Logistics",
    "Veterinary Clinic",
    "Apartments",
    "Brewing",
    "Storage",
    "Motors",
    "Senior Living",
    "Hotels",
    "Foods",
    "Fitness",
    "Realty",
];

pub(in crate::servicetitan) const COMPANY_ENDS: &[&str] =
    &["LLC", "Inc.", "Ltd.", "Co.", "Group", "& Sons"];

pub(in crate::servicetitan) const STREETS: &[&str] = &[
    "Main St",
    "Oak Ave",
    "Elm St",
    "Sunset Blvd",
    "2nd Ave",
    "Lakeview Dr",
    "County Rd 12",
    "W Commerce St",
    "Park Ln",
    "Mill Rd",
    "Hwy 290 E",
    "Church St",
    "Rue Saint-Denis",
    "King St W",
    "Martin Luther King Jr Blvd",
    "Old Post Rd",
];

pub(in crate::servicetitan) const UNITS: &[&str] =
    &["Apt 4", "Suite 210", "#12", "Unit B", "Bldg 3, Fl 2"];

/// City, state, its full name, ZIP.
pub(in crate::servicetitan) const UNITED_STATES: &[(&str, &str, &str, &str)] = &[
    ("Austin", "TX", "Texas", "78701"),
    ("Glendale", "CA", "California", "91203"),
    ("Phoenix", "AZ", "Arizona", "85004"),
    ("Columbus", "OH", "Ohio", "43215"),
    ("Tampa", "FL", "Florida", "33602"),
    ("Boise", "ID", "Idaho", "83702"),
    ("Albany", "NY", "New York", "12207-1234"),
    ("Charlotte", "NC", "North Carolina", "28202"),
    ("Washington", "DC", "District of Columbia", "20001"),
    ("Honolulu", "HI", "Hawaii", "96813"),
    ("Seattle", "WA", "Washington", "98101"),
    ("Boston", "MA", "Massachusetts", "02108"),
];

/// City, province, its full name, postal code.
pub(in crate::servicetitan) const CANADA: &[(&str, &str, &str, &str)] = &[
    ("Toronto", "ON", "Ontario", "M5V 2T6"),
    ("Montréal", "QC", "Quebec", "H2X 1Y4"),
    ("Vancouver", "BC", "British Columbia", "V6B 1A1"),
    ("Calgary", "AB", "Alberta", "T2P 1J9"),
    ("Halifax", "NS", "Nova Scotia", "B3J 1S9"),
    ("St. John's", "NL", "Newfoundland and Labrador", "A1C 1A1"),
];

pub(in crate::servicetitan) const MEMOS: &[&str] = &[
    "Front desk",
    "after 5 pm",
    "Wife",
    "Billing",
    "do NOT call before 9",
    "Tenant (Unit B)",
    "site manager – Joe",
    "24h emergency line",
];

/// Names that break code which escapes, splits, trims, measures or evaluates carelessly.
pub(in crate::servicetitan) const HOSTILE_NAMES: &[&str] = &[
    "<script>alert('x')</script>",
    "<b>Bold</b> & <i>Brothers</i> <img src=x onerror=alert(1)>",
    "O'Reilly \"The Plumber\" `n' Sons",
    "Robert'); DROP TABLE res_partner;--",
    "=cmd|' /C calc'!A0",
    "+1-512-555-0100",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "../../../../etc/passwd",
    "..\\..\\windows\\system32",
    "🔧 Pipe Dreams 🚿👩\u{200d}🔧 Co. 🏠",
    "\u{202e}moc.live\u{202c} Heating",
    "\u{200f}שלום Plumbing\u{200f}",
    "شركة التكييف ذ.م.م",
    "e\u{301}mile Zola\u{308}\u{327}\u{323}",
    "Émile Zola",
    "  Leading and trailing blanks  ",
    "\tTab\tseparated\tHVAC\t",
    "Line\nbreak\r\nIndustries",
    "null",
    "None",
    "0",
    "false",
    "{{7*7}} ${7*7} #{7*7} %s %d %(name)s",
    "Comma, Semi; \"Quote\", Inc.",
    "zero\u{200b}width\u{feff} Services",
    "ﬁ ligature Ｆｕｌｌｗｉｄｔｈ Ltd",
    "株式会社 水道屋",
    "a/b/c,d/.id,e.f",
    "__servicetitan_1000001__.customer_1",
    "\\N\\t\\u0041 backslash",
    "Ampersand &amp; &lt;entity&gt; &#39;",
];
